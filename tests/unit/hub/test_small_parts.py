"""The small parts: partners, forms, words for times, sessions, the rounds in the background, the command line."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest
import structlog
from sqlmodel import Session
from structlog.testing import capture_logs
from typer.testing import CliRunner

from hub import __main__ as command_line
from hub import sessions as sessions_module
from hub.background import repeat
from hub.clock import SystemClock
from hub.database import Database
from hub.interact.referring_form import nhs_number_fits
from hub.looking import Person, identified
from hub.outgoing import LONGEST_PAUSE, pause
from hub.pages import words
from hub.pages.forms import Form, typed_day
from hub.pages.static_files import static_files, static_url
from hub.partners import PartnersError, read_partners
from hub.sessions import Practitioner, Sessions
from hub.tokens import Token
from tests.unit.hub.fakes import NOW, Desk, HeldClock

GOOD = "organisations: [{id: a, title: A, client: a-hub, secret_file: s}]\n"
JOY = Practitioner("joy", "Joy", "a", "r")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("organisations: [", "is not YAML"),
        (GOOD, "does not fit at teams"),
        (GOOD + "teams: {x: {members: [{organisation: b, role: r, title: T}]}}", "team x names b"),
        (GOOD + "teams: {x: {receives: {p: [c]}}}", "team x names c"),
    ],
)
def test_a_file_of_partners_that_cannot_be_used_says_why(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "partners.yaml"
    path.write_text(text)
    with pytest.raises(PartnersError, match=told):
        read_partners(path)


def test_a_file_of_partners_that_is_missing_says_so(tmp_path: Path) -> None:
    with pytest.raises(PartnersError, match="cannot be read"):
        read_partners(tmp_path / "nowhere.yaml")


def test_unknown_organisations_and_teams_are_called_as_they_are(desk: Desk) -> None:
    partners = desk.hub.parts.partners
    assert partners.title("somebody-else") == "somebody-else"
    assert partners.team("nothing").members == ()
    assert partners.organisation("somebody-else") is None


def test_times_read_as_people_say_them() -> None:
    assert words.moment(datetime(2026, 7, 1, 15, 7, tzinfo=UTC)) == "1 July 2026 at 4:07pm"
    assert words.time(datetime(2026, 1, 1, 12, 0, tzinfo=UTC)) == "midday"
    assert words.time(datetime(2026, 1, 1, 0, 0, tzinfo=UTC)) == "midnight"
    assert words.time(datetime(2026, 1, 1, 9, 5, tzinfo=UTC)) == "9:05am"
    assert words.listed(()) == ""
    assert words.listed(("a",)) == "a"
    assert words.listed(("a", "b", "c")) == "a, b and c"


def test_a_typed_day_is_a_day_or_nothing_or_wrong() -> None:
    day = (("x-day", "1"), ("x-month", "2"), ("x-year", "2027"))
    found = typed_day(Form(day), "x")
    assert found is not None
    assert found.isoformat() == "2027-02-01"
    assert typed_day(Form(), "x") is None
    for wrong in (day[:2], (*day[:2], ("x-year", "two")), (*day[:2], ("x-year", "20277"))):
        with pytest.raises(ValueError, match=r".*"):
            typed_day(Form(tuple(wrong)), "x")


async def test_a_form_that_is_too_long_or_not_text_is_not_read(desk: Desk) -> None:
    browser = desk.sign_in()
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert (await browser.ask("POST", "/sign-out", b"x" * 70_000, kind)).status == 400
    assert (await browser.ask("POST", "/sign-out", b"csrf=%ff", kind)).status == 400
    assert (await browser.ask("POST", "/sign-out", b"\xff", kind)).status == 400


def test_check_digits_of_nhs_numbers_are_checked() -> None:
    assert nhs_number_fits("9990000018") is True
    assert nhs_number_fits("9990000019") is False
    assert nhs_number_fits("99900000") is False


def test_a_person_of_one_name_is_not_traced_by_demographics() -> None:
    born = NOW.date()
    assert identified(Person("", name="Cher", birth_date=born, address="NR1 1AA")) is None
    assert identified(Person("", name="Mary Sandbox", birth_date=born, address="Norwich")) is None


async def test_static_files_have_their_digest_in_the_name_and_may_be_kept(desk: Desk) -> None:
    answer = await desk.browser().get(static_url("hub.css"))
    assert answer.status == 200
    assert "immutable" in answer.headers["cache-control"]
    assert (await desk.browser().get("/static/hub.css")).status == 404
    assert set(static_files()) >= {"govuk-frontend.css", "hub.css", "parts.css", "hub.svg"}


def test_the_stylesheet_of_gov_uk_frontend_is_the_portals() -> None:
    root = Path(__file__).resolve().parents[3]
    name = "pages/static/govuk-frontend.css"
    assert (root / "hub" / name).read_bytes() == (root / "core" / name).read_bytes()


def test_pauses_grow_and_stay_below_ten_minutes() -> None:
    assert [pause(tries).total_seconds() for tries in (1, 2, 3)] == [5, 10, 20]
    assert pause(100) == LONGEST_PAUSE


def test_the_newest_good_token_of_somebody_is_used() -> None:
    clock = HeldClock()
    sessions = Sessions(clock)
    assert sessions.token_of("a", "joy") is None
    sessions.open(JOY, Token("old", NOW + timedelta(minutes=1)))
    sessions.open(JOY, Token("new", NOW + timedelta(minutes=5)))
    found = sessions.token_of("a", "joy")
    assert found is not None
    assert found.value == "new"
    clock.go_on(minutes=5)
    assert sessions.token_of("a", "joy") is None


def test_too_many_sessions_push_out_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions_module, "SESSIONS_MAXIMUM", 2)
    sessions = Sessions(HeldClock())
    token = Token("t", NOW + timedelta(minutes=5))
    first, *_, last = [sessions.open(JOY, token) for _ in range(3)]
    assert sessions.find(first) is None
    assert sessions.find(last) is not None
    assert sessions.find(None) is None
    sessions.end(None)


async def test_a_page_that_fails_says_so_and_logs_no_text(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> NoReturn:
        raise RuntimeError("Grobulated")

    monkeypatch.setattr(desk.hub.parts.database.__class__, "read_now", fail)
    with capture_logs() as logs:
        answer = await desk.sign_in().get("/interact")
    assert answer.status == 500
    assert "This is our mistake, not yours." in answer.words
    assert "Grobulated" not in repr(logs)
    assert [one["error"] for one in logs if one["event"] == "page-failed"] == ["RuntimeError"]


async def test_the_rounds_go_on_whatever_one_of_them_meets() -> None:
    rounds = 0

    async def work() -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            raise RuntimeError("x")
        if rounds == 3:
            raise asyncio.CancelledError

    with capture_logs() as logs, pytest.raises(asyncio.CancelledError):
        await repeat(work, 0)
    assert rounds == 3
    assert [one["error"] for one in logs] == ["RuntimeError"]


async def test_the_background_works_while_it_is_entered(desk: Desk) -> None:
    async with desk.hub.background.running():
        await asyncio.sleep(0)
    assert (await desk.browser().get("/healthz")).status == 200


async def test_a_row_whose_organisation_left_the_hub_waits(desk: Desk) -> None:
    assert await desk.hub.parts.outbox.tokens("nobody", None) is None


def test_work_that_fails_leaves_nothing_behind(desk: Desk) -> None:
    def fail(session: Session) -> NoReturn:
        session.connection().exec_driver_sql("CREATE TABLE left_behind (a INTEGER)")
        raise RuntimeError("x")

    with pytest.raises(RuntimeError):
        desk.hub.parts.database.write_now(fail)

    def names(session: Session) -> list[str]:
        return [row[0] for row in session.connection().exec_driver_sql("SELECT name FROM sqlite_master")]

    assert "left_behind" not in desk.hub.parts.database.read_now(names)


def test_a_hub_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_PARTNERS_FILE", str(tmp_path / "nowhere.yaml"))
    monkeypatch.setenv("HUB_DATABASE", str(tmp_path / "hub.db"))
    monkeypatch.setattr(command_line, "configure_logs", lambda: None)
    answer = CliRunner().invoke(command_line.app, ["serve", "--port", "8871"])
    assert answer.exit_code == 1
    assert "the hub cannot start: nowhere.yaml cannot be read" in answer.stderr


def test_logs_are_json_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    configured: dict[str, object] = {}
    monkeypatch.setattr(structlog, "configure", lambda **given: configured.update(given))
    command_line.configure_logs()
    assert "processors" in configured


def test_the_machines_clock_is_in_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_what_was_promised_on_a_page_survives_a_power_cut(tmp_path: Path) -> None:
    database = Database(tmp_path / "hub.db")

    def level(session: Session) -> int:
        found: int = session.connection().exec_driver_sql("PRAGMA synchronous").scalar_one()
        return found

    assert database.read_now(level) == 2, "FULL: written to the disk before the answer"
    database.close()
