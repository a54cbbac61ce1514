"""What the policy was asked, sealed under the person's key, so that another policy can be asked the same (issue: replay).

It stands apart from the log entry's own detail, since it holds more than the officers of one organisation may see: every
source that knows the person, and all that the person allowed. It goes with the person's key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from core.errors import BrokenRowError
from core.keys import SubjectKey
from core.sealing import SealError, open_json, seal_json
from core.vocabulary import Json, Label
from gateway.policy.port import Asker, Permission, Question, Subject
from gateway.policy.question import to_input

_CONTEXT = "decision_input"


def seal_input(question: Question, key: SubjectKey) -> bytes:
    """The question, sealed."""
    return seal_json(key.key, to_input(question), _CONTEXT)


def open_input(sealed: bytes, key: SubjectKey) -> Question:
    """The reverse of `seal_input`; raises `BrokenRowError` for what was not sealed so."""
    try:
        return of_input(cast("Mapping[str, Json]", open_json(key.key, sealed, _CONTEXT)))
    except (SealError, ValueError, KeyError, TypeError) as error:
        raise BrokenRowError("decision input", type(error).__name__) from error


def of_input(value: Mapping[str, Json]) -> Question:
    """The reverse of `gateway.policy.question.to_input`."""
    asker = cast("Mapping[str, Json]", value["asker"])
    subject = cast("Mapping[str, Json]", value["subject"])
    sections = value["sections"]
    return Question(
        asker=Asker(
            organisation=cast("str", asker["organisation"]),
            client=cast("str", asker["client"]),
            role=cast("str | None", asker["role"]),
            scopes=_names(asker["scopes"]),
            strong=cast("bool", asker["strong"]),
        ),
        purpose=cast("str", value["purpose"]),
        sections=None if sections is None else _names(sections),
        agreements=_names(value["agreements"]),
        subject=Subject(
            label=Label(cast("str", subject["label"])),
            pointers=_names(subject["pointers"]),
            permissions=tuple(
                _permission(each) for each in cast("list[Mapping[str, Json]]", subject["permissions"])
            ),
        ),
        suspended=_names(value["suspended"]),
        check=cast("str | None", value["check"]),
        emergency=cast("str | None", value["emergency"]),
        hold_back=cast("str | None", value["hold_back"]),
    )


def _permission(value: Mapping[str, Json]) -> Permission:
    sections = cast("Mapping[str, Json]", value["sections"])
    return Permission(
        id=cast("str", value["id"]),
        kind=cast("str", value["kind"]),
        purposes=_names(value["purposes"]),
        sections={section: _names(fields) for section, fields in sections.items()},
        sources=_names(value["sources"]),
        recipients=_names(value["recipients"]),
        precedes=_names(value["precedes"]),
    )


def _names(value: Json) -> frozenset[str]:
    return frozenset(cast("list[str]", value))
