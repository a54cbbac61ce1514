"""What the documents name is there: files, folders of tests, targets of make."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def names(pattern: str, document: Path) -> set[str]:
    return set(re.findall(pattern, document.read_text()))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    links = {link.partition("#")[0] for link in names(r"\]\((?!\w+:)([^)\s]+)\)", document)} - {""}
    assert {link for link in links if not (document.parent / link).exists()} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_make_target_that_a_document_names_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert names(r"`make ([a-z-]+)`", document) - targets == set()


@pytest.mark.parametrize("name", ["docs/threat-model.md", "CONTRIBUTING.md"])
def test_every_folder_of_tests_that_is_promised_holds_tests(name: str) -> None:
    folders = names(r"`(tests/[a-z/_]+?)/?`", ROOT / name) | names(r"`(scripts/\w+\.py)`", ROOT / name)
    assert folders
    missing = {
        folder
        for folder in folders
        if not any(p.suffix == ".py" for p in [ROOT / folder, *(ROOT / folder).rglob("*.py")])
    }
    assert missing == set()


def test_the_threat_model_answers_every_promise_and_every_attempt() -> None:
    text = (ROOT / "docs" / "threat-model.md").read_text()
    promises = re.findall(r"^\| (\d+) [a-z]", text, flags=re.MULTILINE)
    attempts = re.findall(r"^\| (\d+) \| ", text, flags=re.MULTILINE)
    assert [int(n) for n in promises] == list(range(1, 11))
    assert [int(n) for n in attempts] == list(range(1, 20))
