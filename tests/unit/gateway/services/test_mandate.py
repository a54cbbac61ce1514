"""What a representative sees is what the scope and the capacity say, for any decision; what they allow ends with them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.permissions import Given, Permission
from consent.portal.acting_ports import ActingFor
from consent.portal.ports import NotPossible, Offer, Resident
from consent.representing.store import Representations
from core.errors import ClosedError
from core.vocabulary import Kind
from gateway.services.acting import Acting
from gateway.services.mandate import Mandate, mandate_of
from tests.support.clock import FakeClock
from tests.unit.gateway.services.served import COUNTY, PURPOSE, Served, choice, serving

NOW = FakeClock().now()
NAMES = ("tenancy", "debts", "health-summary", "my-story", "safeguarding-alerts")
CAPACITIES = ("attorney", "deputy", "parental-responsibility")
OFFER = Offer("org", "Org", "p", "P", "", "", (), 60)
WHOLE = "*"


def mandate(scope: frozenset[str], capacity: str, until: datetime | None = None) -> Mandate:
    authority = ActingFor("a", "p_rep", capacity, "aunt", scope, until)
    resident = Resident("p", "Ben", "token", "P9", authority)
    acting = Acting(*([None] * 5), FakeClock())  # type: ignore[call-arg,arg-type] # only the clock is asked
    return Mandate(acting, None, None, resident, authority)  # type: ignore[arg-type] # nothing is read


GIVEN = st.builds(
    Given,
    st.sampled_from(["portal", "assisted", "imported", "representative", "code"]),
    st.sampled_from(["p", "p_rep", "p_other"]),
    st.sampled_from(["self", *CAPACITIES]),
)
PERMISSION = st.builds(
    Permission,
    id=st.just("c"),
    kind=st.sampled_from(list(Kind)),
    purposes=st.just(frozenset({"p"})),
    sections=st.dictionaries(
        st.sampled_from([*NAMES, WHOLE]), st.just(frozenset({WHOLE})), min_size=1, max_size=4
    ),
    sources=st.just(frozenset({WHOLE})),
    recipients=st.just(frozenset({"org"})),
    from_=st.just(NOW),
    until=st.none(),
    given=GIVEN,
)


@settings(max_examples=300)
@given(PERMISSION, st.frozensets(st.sampled_from(NAMES)), st.sampled_from(CAPACITIES))
def test_a_decision_is_seen_exactly_where_all_of_it_is_in_scope_and_it_is_no_childs_own(
    permission: Permission, scope: frozenset[str], capacity: str
) -> None:
    beyond = [one for one in permission.sections if one not in scope]
    childs = capacity == "parental-responsibility" and permission.given.capacity == "self"
    assert mandate(scope, capacity).sees(permission) is (not beyond and not childs)


@given(PERMISSION, st.sampled_from(CAPACITIES))
def test_only_what_this_very_representative_said_counts_as_theirs(
    permission: Permission, capacity: str
) -> None:
    own = permission.given.how == "representative" and permission.given.by == "p_rep"
    assert mandate(frozenset(NAMES), capacity).said(permission) is own


@given(st.floats(min_value=0.001, max_value=400), st.one_of(st.none(), st.integers(1, 400)))
def test_no_longer_time_is_offered_than_the_authority_lasts(days: float, longest: int | None) -> None:
    offer = Offer(OFFER.organisation, "", "", "", "", "", (), longest)
    held = mandate(frozenset(), "attorney", NOW + timedelta(days=days))
    capped = held.capped(offer).longest_days
    assert capped is not None
    assert 1 <= capped < days + 1
    assert longest is None or capped <= longest
    assert mandate(frozenset(), "attorney").capped(offer) == offer


async def test_a_yes_takes_the_place_of_what_is_theirs_and_of_nothing_else(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        held = over(served)
        await held.assert_may_replace(COUNTY, PURPOSE, "allow")
        await served.residents.allow(served.person, choice("tenancy"))
        await held.assert_may_replace(COUNTY, PURPOSE, "allow")
        await served.residents.allow(served.person, choice("tenancy", "contact"))
        with pytest.raises(NotPossible) as problem:
            await held.assert_may_replace(COUNTY, PURPOSE, "allow")
        assert "allowed this organisation more" in problem.value.words
        served.erase()
        assert await held.standing() == ()
        assert await held.own_ids() == frozenset()


def over(served: Served) -> Mandate:
    home = served.way.home
    acting = Acting(
        Representations(home.database, home.keys),
        home.locator,
        home.handles,
        home.keys,
        home.committer,
        home.clock,
    )
    authority = ActingFor("a", "p_rep", "attorney", "aunt", frozenset({"tenancy"}), None)
    return mandate_of(acting, home.ledger, Resident(served.person, "Ben", "token", "P9", authority))


async def test_where_nobody_can_act_nothing_is_served(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        resident = over(served).resident
        with pytest.raises(ClosedError):
            mandate_of(None, served.residents.ledger, resident)
