"""Step 6 by itself: what is dropped, what is hidden, what does not fit; and that it says so without a value."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import Fragment, Quarantine, SourceAnswer
from core.sections import SectionSchema, load_sections, policies_folder
from core.vocabulary import Json, Label
from gateway.policy.port import Decision, SourcePermit
from gateway.views.minimise import assemble, basis_of, confirmed_only, minimise
from gateway.views.values import Fetched, Minimal, ViewSection

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SECTIONS = load_sections(policies_folder() / "sections")
COUNCIL, PRACTICE = "norwich-city-council", "wensum-valley-practice"
LOCATIONS = {name: schema.location_fields for name, schema in SECTIONS.items() if schema.location_fields}
BASIS: Mapping[str, Json] = {"agreement": "early-help-triage"}


def decision(permits: Mapping[str, Mapping[str, set[str]]], labels: frozenset[str] = frozenset()) -> Decision:
    return Decision(
        revision="r",
        refusal=None,
        permits=tuple(
            SourcePermit(source, {name: frozenset(fields) for name, fields in sections.items()}, BASIS)
            for source, sections in permits.items()
        ),
        permitted_labels=labels,
        location_fields=LOCATIONS,
    )


def one(
    section: str, field: str, value: Json, hours: int = 0, labels: frozenset[str] = frozenset()
) -> Fragment:
    return Fragment(section, field, value, NOW + timedelta(hours=hours), labels)


def fetched(*answers: SourceAnswer) -> Fetched:
    return Fetched(answers)


def shown(minimal: Minimal) -> dict[tuple[str, str], dict[str, Json]]:
    return {(section.source, section.section): dict(section.data) for section in minimal.sections}


PERMITTED = decision({COUNCIL: {"contact": {"telephone", "address", "postcode"}, "tenancy": {"status"}}})


def test_a_permitted_field_stays_with_its_basis_and_time() -> None:
    answer = SourceAnswer(COUNCIL, (one("tenancy", "status", "active", 2),))
    minimal = minimise(PERMITTED, fetched(answer), SECTIONS, Label.UNRESTRICTED)
    (section,) = minimal.sections
    assert (section.section, section.source, section.basis) == ("tenancy", COUNCIL, BASIS)
    assert section.as_of == NOW + timedelta(hours=2)
    assert minimal.dropped == 0


def test_a_section_is_as_old_as_its_oldest_field() -> None:
    answer = SourceAnswer(
        COUNCIL, (one("contact", "telephone", "01632 960001", 5), one("contact", "postcode", "NR99 9AA", 1))
    )
    (section,) = minimise(PERMITTED, fetched(answer), SECTIONS, Label.UNRESTRICTED).sections
    assert section.as_of == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    "excess",
    [
        one("tenancy", "landlord", "somebody"),
        one("debts", "arrears_band", "none"),
        one("no-such-section", "status", "active"),
        one("tenancy", "no_such_field", "x"),
    ],
)
def test_what_was_not_permitted_is_dropped_and_counted(excess: Fragment) -> None:
    answer = SourceAnswer(COUNCIL, (one("tenancy", "status", "active"), excess))
    minimal = minimise(PERMITTED, fetched(answer), SECTIONS, Label.UNRESTRICTED)
    assert shown(minimal) == {(COUNCIL, "tenancy"): {"status": "active"}}
    assert minimal.dropped == 1


def test_a_source_without_a_permit_shows_nothing() -> None:
    answer = SourceAnswer("somebody-else", (one("tenancy", "status", "active"),))
    minimal = minimise(PERMITTED, fetched(answer), SECTIONS, Label.UNRESTRICTED)
    assert minimal.sections == ()
    assert minimal.dropped == 1


def test_a_labelled_fragment_stays_only_where_all_its_labels_are_permitted() -> None:
    answer = SourceAnswer(
        COUNCIL,
        (
            one("tenancy", "status", "active", labels=frozenset({"PSY", "R"})),
            one("contact", "telephone", "01632 960001", labels=frozenset({"R"})),
        ),
    )
    some = decision({COUNCIL: {"contact": {"telephone"}, "tenancy": {"status"}}}, frozenset({"R"}))
    assert shown(minimise(PERMITTED, fetched(answer), SECTIONS, Label.UNRESTRICTED)) == {}
    assert shown(minimise(some, fetched(answer), SECTIONS, Label.UNRESTRICTED)) == {
        (COUNCIL, "contact"): {"telephone": "01632 960001"}
    }


def located(label: Label | None) -> Fetched:
    return fetched(
        SourceAnswer(
            COUNCIL, (one("contact", "telephone", "01632 960001"), one("contact", "address", "1 Made-up Row"))
        ),
        SourceAnswer(PRACTICE, (), label),
    )


@pytest.mark.parametrize("known", Label)
@pytest.mark.parametrize("observed", [None, *Label])
def test_a_location_is_shown_only_where_every_label_known_allows_it(
    known: Label, observed: Label | None
) -> None:
    minimal = minimise(PERMITTED, located(observed), SECTIONS, known)
    open_ = (known, observed) in {
        (Label.UNRESTRICTED, None),
        (Label.UNRESTRICTED, Label.UNRESTRICTED),
        (Label.UNKNOWN, Label.UNRESTRICTED),
    }
    assert ("address" in shown(minimal)[(COUNCIL, "contact")]) is open_
    assert "telephone" in shown(minimal)[(COUNCIL, "contact")]
    assert minimal.observed is observed


def test_of_several_labels_that_arrive_the_strictest_counts() -> None:
    answers = fetched(
        SourceAnswer(COUNCIL, (one("contact", "address", "1 Made-up Row"),), Label.UNRESTRICTED),
        SourceAnswer(PRACTICE, (), Label.RESTRICTED),
    )
    minimal = minimise(PERMITTED, answers, SECTIONS, Label.UNRESTRICTED)
    assert minimal.sections == ()
    assert minimal.observed is minimal.label is Label.RESTRICTED


@pytest.mark.parametrize("known", [Label.RESTRICTED, Label.VERY_RESTRICTED])
def test_a_restriction_does_not_fall_because_a_source_knows_less(known: Label) -> None:
    assert minimise(PERMITTED, located(Label.UNRESTRICTED), SECTIONS, known).label is known


def test_a_source_that_withdrew_the_record_shows_nothing_and_the_others_go_on() -> None:
    both = decision({COUNCIL: {"tenancy": {"status"}}, PRACTICE: {"identity": {"gender"}}})
    answers = fetched(
        SourceAnswer(PRACTICE, (one("identity", "gender", "female"),), Label.REDACTED),
        SourceAnswer(COUNCIL, (one("tenancy", "status", "active"),)),
    )
    minimal = minimise(both, answers, SECTIONS, Label.UNRESTRICTED)
    assert shown(minimal) == {(COUNCIL, "tenancy"): {"status": "active"}}
    assert minimal.dropped == 1


def test_a_value_that_does_not_fit_is_set_aside_by_name_and_the_rest_stays() -> None:
    permitted = decision({COUNCIL: {"tenancy": {"status", "start_date"}}})
    answer = SourceAnswer(
        COUNCIL,
        (one("tenancy", "status", "active"), one("tenancy", "start_date", "the day she fled")),
        quarantined=(Quarantine("tenancy row", "no date"),),
    )
    minimal = minimise(permitted, fetched(answer), SECTIONS, Label.UNRESTRICTED)
    assert shown(minimal) == {(COUNCIL, "tenancy"): {"status": "active"}}
    assert minimal.quarantined == (
        Quarantine("tenancy row", "no date"),
        Quarantine("tenancy.start_date", "does not fit the published schema"),
    )
    assert "fled" not in str(minimal.quarantined)
    assert minimal.dropped == 1


def test_a_section_of_which_nothing_fits_is_left_out() -> None:
    permitted = decision({COUNCIL: {"tenancy": {"start_date"}}})
    answer = SourceAnswer(COUNCIL, (one("tenancy", "start_date", 7),))
    assert minimise(permitted, fetched(answer), SECTIONS, Label.UNRESTRICTED).sections == ()


def test_list_fields_keep_all_their_items_in_order_and_scalars_their_last_value() -> None:
    repairs: list[Json] = [{"category": "roof", "status": "open"}, {"category": "damp", "status": "open"}]
    fragments = [one("home-condition", "open_repairs", repair) for repair in repairs]
    scalars = [one("home-condition", "heating", "gas"), one("home-condition", "heating", "electric")]
    assert assemble([*fragments, *scalars], SECTIONS["home-condition"]) == {
        "open_repairs": repairs,
        "heating": "electric",
    }


def test_every_item_of_a_list_counts_as_one_that_came_and_one_that_left() -> None:
    permitted = decision({COUNCIL: {"home-condition": {"open_repairs"}}})
    kept = [one("home-condition", "open_repairs", {"category": "roof", "status": "open"}) for _ in range(3)]
    excess = one("home-condition", "heating", "gas")
    minimal = minimise(
        permitted, fetched(SourceAnswer(COUNCIL, (*kept, excess))), SECTIONS, Label.UNRESTRICTED
    )
    assert minimal.dropped == 1


def test_sections_come_in_one_order_whoever_answered_first() -> None:
    both = decision({COUNCIL: {"contact": {"telephone"}}, PRACTICE: {"contact": {"telephone"}}})
    council = SourceAnswer(COUNCIL, (one("contact", "telephone", "01632 960001"),))
    practice = SourceAnswer(PRACTICE, (one("contact", "telephone", "01632 960002"),))
    forth = minimise(both, fetched(council, practice), SECTIONS, Label.UNRESTRICTED)
    back = minimise(both, fetched(practice, council), SECTIONS, Label.UNRESTRICTED)
    assert forth == back


def test_nothing_fetched_is_nothing_shown() -> None:
    assert minimise(PERMITTED, Fetched(), SECTIONS, Label.RESTRICTED) == Minimal((), Label.RESTRICTED)


NAMES = st.sampled_from(
    [(name, field) for name, schema in SECTIONS.items() for field in sorted(schema.fields)]
)
FRAGMENTS = st.builds(
    lambda name, value, labels: one(name[0], name[1], value, labels=labels),
    NAMES,
    st.sampled_from(["active", "none", 3, True, None, {"name": "x"}, "1990-05-01"]),
    st.frozensets(st.sampled_from(["PSY", "R"]), max_size=2),
)


@given(
    st.lists(FRAGMENTS, max_size=12),
    st.sets(NAMES, max_size=12),
    st.sampled_from(Label),
    st.none() | st.sampled_from(Label),
    st.frozensets(st.sampled_from(["PSY", "R"])),
)
def test_whatever_a_source_sends_nothing_leaves_that_was_not_permitted(
    sent: list[Fragment],
    may: set[tuple[str, str]],
    known: Label,
    observed: Label | None,
    labels: frozenset[str],
) -> None:
    permitted: dict[str, set[str]] = {}
    for section, field in may:
        permitted.setdefault(section, set()).add(field)
    answers = fetched(SourceAnswer(COUNCIL, tuple(sent), observed))
    minimal = minimise(decision({COUNCIL: permitted}, labels), answers, SECTIONS, known)
    for left in minimal.sections:
        schema: SectionSchema = SECTIONS[left.section]
        assert left.data
        assert left.data.keys() <= permitted[left.section]
        assert schema.validate(left.data) == ()
        if minimal.label.hides_location:
            assert not left.data.keys() & schema.location_fields
        for name in left.data:
            assert any(
                (each.section, each.field) == (left.section, name) and each.labels <= labels for each in sent
            )


def test_a_section_with_a_rule_of_its_own_is_told_with_it() -> None:
    basis: Mapping[str, Json] = {
        "agreement": "outreach",
        "permission_rule": "permission",
        "rules": {"identity": "none"},
    }
    assert basis_of(basis, "identity") == {"agreement": "outreach", "permission_rule": "none"}
    assert basis_of(basis, "substance-use") == {"agreement": "outreach", "permission_rule": "permission"}


@pytest.mark.parametrize(
    ("value", "confirms"),
    [
        ("active", True),
        ("ended", False),
        (["ended", "active"], True),
        ([], False),
        (True, False),
        (None, False),
    ],
)
def test_a_check_is_confirmed_by_one_of_its_values_and_keeps_nothing_else(
    value: Json, *, confirms: bool
) -> None:
    confirming = ViewSection("tenancy", COUNCIL, NOW, BASIS, {"status": value})
    others = (
        ViewSection("debts", COUNCIL, NOW, BASIS, {"status": "active"}),
        ViewSection("tenancy", PRACTICE, NOW, BASIS, {"landlord": "active"}),
    )
    kept = confirmed_only(Minimal((confirming, *others)), "tenancy", "status", frozenset({"active"}))
    assert kept.sections == ((confirming,) if confirms else ())
