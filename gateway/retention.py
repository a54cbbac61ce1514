"""The retention register: how long details are kept (`policies/registers/retention.yaml`), and what no clock deletes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import cast

from sqlalchemy import ColumnElement, FromClause, and_, column, exists, or_, table

from core.sections import policies_folder
from gateway.alerting.store import MISUSE
from gateway.policy.register_files import check_schema, read_document, read_schema
from gateway.reviews.store import SAMPLE, WRONG
from gateway.settings import Settings

_TASK = table("review_task", *(column(name) for name in ("index", "kind", "closed_ms", "outcome")))
_HELD = table("held_entry", column("index"), column("released_ms"))
_ALERT = table("alert", *(column(name) for name in ("index", "closed_ms", "outcome")))


@dataclass(frozen=True, slots=True)
class Retention:
    """details: kind of entry -> how long its detail is kept. misuse_evidence: how long entries judged wrong are."""

    details: Mapping[str, timedelta]
    misuse_evidence: timedelta


def load_retention(folder: Path) -> Retention:
    """Read the register of a `policies` folder, judged by our own schema. Raises `RegisterError`."""
    schemas = policies_folder() / "schemas"
    document = read_document(folder / "registers" / "retention.yaml", folder)
    check_schema(document, read_schema(schemas / "retention.schema.json", schemas.parent))
    details = cast("Mapping[str, int]", document.value["details"])
    return Retention(
        MappingProxyType({kind: timedelta(days=days) for kind, days in details.items()}),
        timedelta(days=cast("int", document.value["misuse_evidence_days"])),
    )


def retention_of(settings: Settings) -> Retention:
    """The register that holds for a gateway: of its own policies folder, else the published one."""
    own = settings.policies_folder
    if own is not None and (own / "registers" / "retention.yaml").exists():
        return load_retention(own)
    return load_retention(policies_folder())


def is_under_review(detail: FromClause) -> ColumnElement[bool]:
    """SQL: a review or an alert of a row of `log_entry_detail` is open, or the person is not told of it yet.

    A spot check is none: nobody suspects a look that was drawn by chance, so nothing in UK GDPR Article 17(3) keeps it.
    """
    task = exists().where(
        _TASK.c.index == detail.c.index, _TASK.c.closed_ms.is_(None), _TASK.c.kind != SAMPLE
    )
    held = exists().where(_HELD.c.index == detail.c.index, _HELD.c.released_ms.is_(None))
    alert = exists().where(_ALERT.c.index == detail.c.index, _ALERT.c.closed_ms.is_(None))
    return or_(task, held, alert)


def is_evidence(detail: FromClause, since_ms: int) -> ColumnElement[bool]:
    """SQL: a row of `log_entry_detail` was judged wrong, not before that time."""
    judged = exists().where(
        and_(_TASK.c.index == detail.c.index, _TASK.c.outcome == WRONG, _TASK.c.closed_ms >= since_ms)
    )
    answered = exists().where(
        and_(_ALERT.c.index == detail.c.index, _ALERT.c.outcome == MISUSE, _ALERT.c.closed_ms >= since_ms)
    )
    return or_(judged, answered)
