"""transparency-dev's proof vectors: 12 that verify and 184 that must be refused."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TypedDict, cast

import pytest

from audit import merkle


class Vector(TypedDict, total=False):
    leafIdx: int
    treeSize: int
    leafHash: str
    root: str
    size1: int
    size2: int
    root1: str
    root2: str
    proof: list[str] | None
    wantErr: bool


@pytest.fixture(scope="module")
def folder(real_data: Path) -> Path:
    return real_data / "vectors" / "transparency-dev-merkle" / "testdata"


def read(folder: Path) -> dict[str, Vector]:
    return {
        str(one.relative_to(folder)): cast("Vector", json.loads(one.read_text()))
        for one in sorted(folder.rglob("*.json"))
    }


def decoded(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def judge_inclusion(vector: Vector) -> None:
    merkle.verify_inclusion(
        decoded(vector["leafHash"]),
        vector["leafIdx"],
        vector["treeSize"],
        [decoded(one) for one in vector["proof"] or []],
        decoded(vector["root"]),
    )


def judge_consistency(vector: Vector) -> None:
    merkle.verify_consistency(
        vector["size1"],
        vector["size2"],
        [decoded(one) for one in vector["proof"] or []],
        decoded(vector["root1"]),
        decoded(vector["root2"]),
    )


def test_every_published_inclusion_proof_is_judged_rightly(folder: Path) -> None:
    vectors = read(folder / "inclusion")
    assert len(vectors) == 98
    verdicts = {}
    for name, vector in vectors.items():
        try:
            judge_inclusion(vector)
            verdicts[name] = False
        except merkle.ProofError:
            verdicts[name] = True
    assert verdicts == {name: vector["wantErr"] for name, vector in vectors.items()}


def test_every_published_consistency_proof_is_judged_rightly(folder: Path) -> None:
    vectors = read(folder / "consistency")
    assert len(vectors) == 98
    verdicts = {}
    for name, vector in vectors.items():
        try:
            judge_consistency(vector)
            verdicts[name] = False
        except merkle.ProofError:
            verdicts[name] = True
    assert verdicts == {name: vector["wantErr"] for name, vector in vectors.items()}
