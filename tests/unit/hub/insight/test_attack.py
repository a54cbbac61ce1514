"""What an attacker learns from the published tables; the attack itself is scripts/insight_attack.py."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from scripts import insight_attack
from scripts.insight_attack import Findings, make_town, run
from tests.support.unmeasured import unmeasured


@pytest.fixture(scope="module")
def findings() -> Findings:
    with unmeasured():
        return run(rounds=1000, seed=7)


@pytest.mark.timeout(300)
def test_a_thousand_query_sets_recover_no_count_under_the_threshold(findings: Findings) -> None:
    print(findings.line())  # noqa: T201 # the figures, for whoever runs this with -s
    assert findings.rounds == 1000
    assert findings.small > 10_000
    assert (findings.recovered["ours"], findings.recovered["ours and a report"]) == (0, 0)


@pytest.mark.timeout(300)
def test_an_insider_who_knows_a_quarter_of_all_counts_exactly_learns_next_to_nothing_more(
    findings: Findings,
) -> None:
    # The known limit of rounding, said in docs/insight.md: one who knows enough of the rest can narrow down what is left.
    assert findings.recovered["ours and an insider"] < findings.small / 1000


@pytest.mark.timeout(300)
def test_the_same_attack_recovers_many_when_suppression_is_off_and_some_when_it_only_hides(
    findings: Findings,
) -> None:
    assert findings.recovered["open"] > 1000
    assert findings.recovered["hidden"] > 100
    assert findings.recovered["rounded"] > 100


@pytest.mark.timeout(300)
def test_other_truths_publish_the_same_figures_so_no_cleverer_attack_could_do_better(
    findings: Findings,
) -> None:
    assert findings.told_apart == 0
    assert findings.shown_too_small == 0


def test_the_attack_sees_through_a_protection_that_forgets_what_differencing_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Were true counts published below a rounded total, the attacker's bounds would meet: so the zeros above mean something.
    def leaky(truth: Sequence[object]) -> list[object]:
        return [type("Leak", (), {"counts": counts})() for counts in truth]

    monkeypatch.setattr(insight_attack, "publish", leaky)
    monkeypatch.setattr(insight_attack, "BASE", 1)
    dice = random.Random(11)
    assert sum(insight_attack.attack(make_town(dice), "ours", dice) for _ in range(20)) > 50
