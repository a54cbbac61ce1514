"""What operators count, and what no label may hold."""

from __future__ import annotations

import pytest
from prometheus_client import generate_latest

from audit.entries import Draft, Kind, SealedEntry
from gateway.metrics import Meters, State

COUNTY = "norfolk-county-council"


def entry(kind: Kind, outcome: str) -> SealedEntry:
    detail = {"person": "ABCD-2345", "practitioner": "hal", "client": "triage-app"}
    draft = Draft(kind, outcome, frozenset({COUNTY}), detail, COUNTY, "triager", "early-help-triage")
    return SealedEntry(draft, bytes(32), b"tag", b"sealed")


def text(meters: Meters) -> str:
    return generate_latest(meters.registry).decode()


@pytest.mark.parametrize(
    ("kind", "outcome", "line"),
    [
        (Kind.DISCLOSURE, "disclosed", 'oncetold_views_total{outcome="disclosed"} 1.0'),
        (Kind.DISCLOSURE, "confirmed", 'oncetold_views_total{outcome="disclosed"} 1.0'),
        (Kind.BREAK_GLASS, "disclosed", 'oncetold_views_total{outcome="disclosed"} 1.0'),
        (Kind.BREAK_GLASS, "empty", 'oncetold_views_total{outcome="empty"} 1.0'),
        (Kind.REFUSAL, "empty", 'oncetold_views_total{outcome="empty"} 1.0'),
        (Kind.REFUSAL, "no-agreement", 'oncetold_refusals_total{code="no-agreement"} 1.0'),
        (Kind.CONSENT, "given", 'oncetold_log_entries_total{kind="consent"} 1.0'),
    ],
)
def test_what_became_of_a_request_is_counted_by_its_class(kind: Kind, outcome: str, line: str) -> None:
    meters = Meters()
    meters.committed([entry(kind, outcome)])
    told = text(meters)
    assert line in told.splitlines()
    assert f'oncetold_log_entries_total{{kind="{kind.value}"}} 1.0' in told.splitlines()


def test_batches_are_counted_by_their_size_and_failures_by_what_they_held() -> None:
    meters = Meters()
    meters.committed([entry(Kind.DISCLOSURE, "disclosed")] * 3)
    meters.committed([])
    meters.failed(5)
    told = text(meters).splitlines()
    assert 'oncetold_log_batch_entries_bucket{le="2.0"} 0.0' in told
    assert 'oncetold_log_batch_entries_bucket{le="4.0"} 1.0' in told
    assert "oncetold_log_batch_entries_count 1.0" in told, "a batch of guards alone writes nothing"
    assert "oncetold_log_failed_appends_total 5.0" in told


def test_what_stands_is_read_each_time() -> None:
    meters, down = Meters(), {"harbour-charity": False}
    alert: list[str] = []
    meters.watch(State(lambda: down, lambda: {"ok": 2}, lambda: alert[0] if alert else None))
    assert 'oncetold_source_down{source="harbour-charity"} 0.0' in text(meters)
    assert 'oncetold_witnesses{state="ok"} 2.0' in text(meters)
    assert "oncetold_policy_alert{" not in text(meters)
    down["harbour-charity"] = True
    alert.append("signature-invalid")
    assert 'oncetold_source_down{source="harbour-charity"} 1.0' in text(meters)
    assert 'oncetold_policy_alert{code="signature-invalid"} 1.0' in text(meters)


def test_no_label_names_a_person_a_practitioner_or_who_asked_for_what() -> None:
    meters = Meters()
    meters.committed([entry(kind, "disclosed") for kind in Kind])
    for word in ("ABCD-2345", "hal", "triage-app", COUNTY, "triager", "early-help-triage"):
        assert word not in text(meters)
