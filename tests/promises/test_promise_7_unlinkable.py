"""Promise 7. Two recipients' handles for one person cannot be joined without the gateway; no URL holds an identifier.

That no log line does is shown with promise 6, where everything that the gateway says is searched.
"""

import base64
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi import APIRouter, FastAPI

from gateway.api import people, views
from gateway.people import trace
from gateway.people.handles import HANDLE_PATTERN, PREFIX, Handles
from tests.support.house import MASTER
from tests.support.walk import CALLERS, NHS_NUMBER, PRACTICE, STRANGER_NUMBER, Walk, registers

COUNTY, CHARITY = "norfolk-county-council", "age-well-norfolk"
PEOPLE = [
    trace.by_demographics(trace.Demographics(f"Family{n}", "Given", date(1980, 1, 1 + n % 28), "NR99 9AA"))
    for n in range(200)
]
CHUNK = 4
"""Bytes that two handles may not share in any place: by chance that happens once in some ten thousand such lists."""


class SharedHandles(Handles):
    """One key for all recipients."""

    def make(self, recipient: str, trace_key: str) -> str:
        return super().make("everyone", trace_key)


class KeptBlindIndex(Handles):
    """The blind index itself, under a different wrapping for each recipient."""

    def make(self, recipient: str, trace_key: str) -> str:
        mark = recipient.encode()[:16].ljust(16, b"\0")
        return PREFIX + base64.urlsafe_b64encode(mark + self.blind_index(trace_key)).decode()


def raw(handle: str) -> bytes:
    return base64.urlsafe_b64decode(handle.removeprefix(PREFIX))


def chunks(handle: str) -> Iterator[bytes]:
    body = raw(handle)
    return (body[start : start + CHUNK] for start in range(len(body) - CHUNK + 1))


def cannot_be_joined(handles: Handles) -> None:
    """The promise: two lists of handles for the same people share nothing by which to lay them side by side."""
    county = [handles.make(COUNTY, person) for person in PEOPLE]
    charity = [handles.make(CHARITY, person) for person in PEOPLE]
    assert not set(county) & set(charity)
    assert len({len(one) for one in county + charity}) == 1
    shared = [{*chunks(one)} & {*chunks(other)} for one, other in zip(county, charity, strict=True)]
    assert sum(map(bool, shared)) <= 1
    # Nor does any order or bias of one list show in the other.
    assert sorted(range(200), key=county.__getitem__) != sorted(range(200), key=charity.__getitem__)


def test_promise_7_unlinkable_handles_of_two_recipients_cannot_be_joined() -> None:
    cannot_be_joined(Handles(MASTER))


@pytest.mark.parametrize("careless", [SharedHandles, KeptBlindIndex])
def test_without_a_key_for_each_recipient_the_promise_breaks(careless: type[Handles]) -> None:
    with pytest.raises(AssertionError):
        cannot_be_joined(careless(MASTER))


def test_promise_7_unlinkable_a_handle_opens_for_its_recipient_alone() -> None:
    handles = Handles(MASTER)
    for organisation in registers().organisations:
        handle = handles.make(organisation, PEOPLE[0])
        assert handles.open(organisation, handle) == handles.blind_index(PEOPLE[0])
        for other in registers().organisations.keys() - {organisation}:
            assert handles.open(other, handle) is None


def test_promise_7_unlinkable_a_handle_says_nothing_of_whom_it_means(way: Walk) -> None:
    known, unknown = way.handle(), way.handle(nhs_number=STRANGER_NUMBER)
    assert re.fullmatch(HANDLE_PATTERN, known)
    assert re.fullmatch(HANDLE_PATTERN, unknown)
    for handle in (known, unknown):
        for identifier in (NHS_NUMBER, STRANGER_NUMBER, way.person.id):
            assert identifier.encode() not in raw(handle)
            assert identifier not in handle


def test_promise_7_unlinkable_one_recipient_keeps_one_handle_on_every_replica() -> None:
    assert Handles(MASTER).make(COUNTY, PEOPLE[0]) == Handles(MASTER).make(COUNTY, PEOPLE[0])
    assert Handles(bytes(32)).make(COUNTY, PEOPLE[0]) != Handles(MASTER).make(COUNTY, PEOPLE[0])


async def test_promise_7_unlinkable_receipts_of_two_recipients_share_nothing_of_the_person(way: Walk) -> None:
    await way.allow()
    await way.allow(who="prescriber", purpose="social-prescribing")
    first, second = await way.ask(), await way.ask("prescriber", "social-prescribing")
    assert first.sections
    assert second.sections
    for view in (first, second):
        for part in (view.receipt.text.encode(), view.receipt.leaf):
            assert way.person.key.tag not in part
            for text in (way.person.id, way.handle(), NHS_NUMBER):
                assert text.encode() not in part
    assert first.receipt.leaf[9:] != second.receipt.leaf[9:]


def nothing_about_a_person_in_an_address(*routers: APIRouter) -> None:
    """The promise for URLs: whatever names a person travels in a body."""
    app = FastAPI()
    for router in routers:
        app.include_router(router)
    paths = app.openapi()["paths"]
    assert {"/v1/views", "/v1/people/trace", "/v1/pointers"} <= paths.keys()
    addressed = {
        f"{method} {path} {one['name']}"
        for path, operations in paths.items()
        for method, operation in operations.items()
        for one in operation.get("parameters", ())
        if one["in"] in {"path", "query"}
    }
    assert not addressed


def routers() -> Sequence[APIRouter]:
    none = cast("Any", SimpleNamespace())
    return views.build_router(none), people.build_router(none)


def test_promise_7_unlinkable_no_address_holds_a_person() -> None:
    nothing_about_a_person_in_an_address(*routers())


def by_number(nhs_number: str) -> None: ...


def by_handle(person: str) -> None: ...


@pytest.mark.parametrize(
    ("path", "endpoint"), [("/v1/people/{nhs_number}", by_number), ("/v1/views", by_handle)]
)
def test_without_bodies_for_identifiers_the_promise_breaks(path: str, endpoint: Callable[..., None]) -> None:
    careless = APIRouter()
    careless.get(path)(endpoint)
    with pytest.raises(AssertionError):
        nothing_about_a_person_in_an_address(*routers(), careless)


async def test_promise_7_unlinkable_sources_hear_their_own_reference_and_nobody_elses_name(way: Walk) -> None:
    await way.allow()
    await way.ask()
    for name, source in way.sources.items():
        (request,) = source.asked
        told = f"{request.reference} {request.correlation_id} {request.wanted}"
        assert request.reference == f"record-at-{name}"
        for secret in (NHS_NUMBER, way.handle(), way.person.id, str(CALLERS["triager"].practitioner)):
            assert secret not in told
        assert all(f"record-at-{other}" not in told for other in way.sources if other != name)
    assert way.sources[PRACTICE].asked
