"""Promise 3. A view holds what purpose, agreement, permission, role and label leave, and nothing that a source sends beyond.

Which fields the policy permits for whom is held in test_promise_3_minimal_policy.py; here is what becomes of its word.
"""

from collections.abc import Mapping

import pytest

from adapters.contract import Fragment
from audit.entries import open_entry
from audit.leaf import parse
from core.sections import SectionSchema
from core.vocabulary import Json, Label
from gateway.policy.port import Decision
from gateway.policy.registers import Agreement
from gateway.views import pipeline
from gateway.views.values import Fetched, Minimal, RefusedError, View, ViewSection
from tests.support.walk import CHARITY, COUNCIL, PRACTICE, SINCE, Walk, registers

EXCESS = (
    Fragment("health-summary", "conditions", {"name": "asthma", "status": "active"}, SINCE),
    Fragment("tenancy", "bedrooms", 3, SINCE),
    Fragment("debts", "repayment_plan", "agreed", SINCE),
    Fragment("no-such-section", "note", "whatever", SINCE),
    Fragment("tenancy", "no_such_field", "whatever", SINCE),
)
LOCATIONS = frozenset({"address", "postcode", "uprn"})


def agreed() -> Agreement:
    return registers().agreements["early-help-triage"]


def fields_of(view: View) -> set[tuple[str, str, str]]:
    return {(one.source, one.section, field) for one in view.sections for field in one.data}


async def nothing_beyond_what_was_asked_leaves(way: Walk) -> None:
    """The promise: what leaves was permitted, and was asked for."""
    view = await way.ask()
    assert view.sections
    asked = {
        (name, section, field)
        for name, source in way.sources.items()
        for section, fields in source.asked[-1].wanted.items()
        for field in fields
    }
    assert fields_of(view) <= asked
    assert {(section, field) for _, section, field in fields_of(view)} <= {
        (section, field) for section, fields in agreed().sections.items() for field in fields
    }


async def no_location_leaves(way: Walk) -> None:
    """The promise under a label that hides where the person is: from no source, whoever sent the label."""
    view = await way.ask()
    assert view.sections
    assert not {field for _, _, field in fields_of(view)} & LOCATIONS
    assert "Made-up Row" not in str(view)


def believes_the_source(
    decision: Decision, fetched: Fetched, sections: Mapping[str, SectionSchema], known_label: Label
) -> Minimal:
    """A step 6 that hands on whatever came."""
    data: dict[tuple[str, str], dict[str, Json]] = {}
    for answer in fetched.answers:
        for one in answer.fragments:
            data.setdefault((one.section, answer.source), {})[one.field] = one.value
    return Minimal(
        tuple(ViewSection(section, source, SINCE, {}, values) for (section, source), values in data.items())
    )


async def test_promise_3_minimal_a_source_is_asked_for_permitted_fields_only(way: Walk) -> None:
    await way.allow()
    await way.ask()
    for name, source in way.sources.items():
        (request,) = source.asked
        assert request.reference == f"record-at-{name}"
        for section, fields in request.wanted.items():
            assert fields
            assert fields <= agreed().sections[section]
    assert way.sources[COUNCIL].asked[0].wanted["debts"] == {"arrears_band"}
    assert "health-summary" not in way.sources[PRACTICE].asked[0].wanted
    assert way.sources[CHARITY].asked[0].wanted["contact"] == {"safe_contact", "preferred_channel"}


async def test_promise_3_minimal_a_permission_narrows_what_is_asked(way: Walk) -> None:
    await way.allow(sections={"contact": frozenset({"telephone"}), "tenancy": frozenset({"*"})})
    view = await way.ask()
    assert way.sources[COUNCIL].asked[0].wanted.keys() == {"contact", "tenancy"}
    assert way.sources[COUNCIL].asked[0].wanted["contact"] == {"telephone"}
    assert way.sources[PRACTICE].asked[0].wanted == {"contact": {"telephone"}}
    assert way.sources[CHARITY].asked == []
    assert {(section, field) for _, section, field in fields_of(view)} == {
        ("contact", "telephone"),
        ("tenancy", "tenancy_type"),
        ("tenancy", "status"),
    }


async def test_promise_3_minimal_a_request_for_one_section_asks_for_one(way: Walk) -> None:
    await way.allow()
    view = await way.ask(sections=frozenset({"debts"}))
    assert [one.section for one in view.sections] == ["debts"]
    assert way.sources[COUNCIL].asked[0].wanted.keys() == {"debts"}
    assert way.sources[PRACTICE].asked == []


async def test_promise_3_minimal_a_section_outside_the_agreement_stays_out(way: Walk) -> None:
    await way.allow()
    with pytest.raises(RefusedError):
        await way.ask(sections=frozenset({"health-summary"}))
    assert all(source.asked == [] for source in way.sources.values())


async def test_promise_3_minimal_what_a_source_sends_in_excess_is_dropped_and_counted(way: Walk) -> None:
    await way.allow()
    usual = fields_of(await way.ask())
    way.sources[COUNCIL].excess = EXCESS
    view = await way.ask()
    assert fields_of(view) == usual
    with way.home.database.read() as tx:
        sealed = tx.exec_driver_sql(
            'SELECT sealed FROM log_entry_detail ORDER BY "index" DESC LIMIT 1'
        ).scalar_one()
    detail = open_entry(sealed, parse(view.receipt.leaf).commitment, way.person.key).detail["detail"]
    assert isinstance(detail, dict)
    assert detail["dropped"] == len(EXCESS)
    await nothing_beyond_what_was_asked_leaves(way)


async def test_promise_3_minimal_a_labelled_fragment_is_dropped(way: Walk) -> None:
    await way.allow()
    way.sources[COUNCIL].excess = (
        Fragment("tenancy", "landlord", "a refuge", SINCE, labels=frozenset({"PSY"})),
    )
    assert (COUNCIL, "tenancy", "landlord") not in fields_of(await way.ask())


async def test_promise_3_minimal_a_value_that_does_not_fit_its_schema_stays_out(way: Walk) -> None:
    await way.allow()
    way.sources[COUNCIL].excess = (Fragment("tenancy", "start_date", "not a date at all", SINCE),)
    view = await way.ask()
    assert (COUNCIL, "tenancy", "start_date") not in fields_of(view)
    assert (COUNCIL, "tenancy", "status") in fields_of(view)


@pytest.mark.parametrize("label", [Label.RESTRICTED, Label.VERY_RESTRICTED])
async def test_promise_3_minimal_a_label_that_arrives_hides_the_location_from_every_source(
    way: Walk, label: Label
) -> None:
    await way.allow()
    assert LOCATIONS & {field for _, _, field in fields_of(await way.ask())}
    way.sources[PRACTICE].label = label
    await no_location_leaves(way)
    # From now on it is kept with the person: nobody is even asked.
    way.sources[PRACTICE].label = None
    await no_location_leaves(way)
    for source in way.sources.values():
        for fields in source.asked[-1].wanted.values():
            assert not fields & LOCATIONS


async def test_promise_3_minimal_a_record_that_its_source_withdrew_stays_out(way: Walk) -> None:
    await way.allow()
    way.sources[PRACTICE].label = Label.REDACTED
    sources = {one.source for one in (await way.ask()).sections}
    assert sources == {COUNCIL, CHARITY}


async def test_without_dropping_the_excess_the_promise_breaks(
    way: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await way.allow()
    way.sources[COUNCIL].excess = EXCESS
    monkeypatch.setattr(pipeline, "minimise", believes_the_source)
    with pytest.raises(AssertionError):
        await nothing_beyond_what_was_asked_leaves(way)


async def test_without_applying_the_label_to_all_answers_the_promise_breaks(
    way: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await way.allow()
    way.sources[PRACTICE].label = Label.VERY_RESTRICTED
    monkeypatch.setattr(pipeline, "minimise", believes_the_source)
    with pytest.raises(AssertionError):
        await no_location_leaves(way)
