"""The portal's message catalogues: `python -m scripts.catalogues` makes them anew, `--check` is their gate.

Texts are found in the templates and the code that residents read, and in the registers whose words they read. From these
the template `consent/locale/portal.pot` is written, each language's `portal.po` is brought up to it, and compiled to the
`portal.mo` beside it, which is what an installation reads. Everything is committed. Translate in the `.po`, then run this.

The gate fails where a file is not what this would write, or where a translation's placeholders or plural forms are not its
message's. What is not translated yet is shown in English and only counted here: no translation is better than a wrong one.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from core.pages.languages import ENGLISH, LANGUAGES
from core.vocabulary import PermissionRule
from gateway.policy.register_values import Registers
from gateway.policy.registers import load_registers

ROOT: Final = Path(__file__).resolve().parent.parent
LOCALE: Final = Path("consent/locale")
DOMAIN: Final = "portal"
TEMPLATES: Final = ("consent/portal", "core/pages", "gateway/signin")
CODE: Final = ("consent", "core/pages", "gateway/services", "gateway/signin", "gateway/channels")
FILES: Final = ("gateway/pages.py",)
KEYWORDS: Final[Mapping[str, tuple[int | tuple[int, str], ...] | None]] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "plural": (1, 2),
    "pgettext": ((1, "c"), 2),
    "to_tell": None,
    "to_tell_many": (1, 2),
}
MADE: Final = datetime(2026, 11, 23, tzinfo=UTC)
"""Stands in every header, so that the same texts give the same bytes."""
COMMENT: Final = """\
# OnceTold, the residents' portal: messages in %(language)s.
# NEEDS HUMAN REVIEW: nobody who speaks this language has checked it yet. Every page in it says so.
# The words to use are in consent/locale/GLOSSARY.md. English counts where a translation differs."""
_PLACEHOLDER: Final = re.compile(r"%(?:\((\w+)\))?([sd%])")

Found = tuple[str, str | tuple[str, ...], str | None]
"""Where a message stands, its id (with its plural), and its context."""


def main(arguments: list[str]) -> int:
    """Make the catalogues, or check them; returns the exit status."""
    files, problems = wanted(ROOT, template(found(ROOT)))
    if "--check" in arguments:
        problems += [
            f"{path} is not what the texts give: make catalogues"
            for path, content in files.items()
            if not (ROOT / path).is_file() or (ROOT / path).read_bytes() != content
        ]
    else:
        for path, content in files.items():
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_bytes(content)
    for line in counts(files):
        print(line)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def found(root: Path) -> Iterator[Found]:
    """Every message of the code, the templates and the registers under the folder."""
    for folder in TEMPLATES:
        for path in sorted((root / folder / "templates").glob("*.html")):
            yield from _in_file(
                root, path, "jinja2.ext:babel_extract", {"trimmed": "true", "silent": "false"}
            )
    for folder in CODE:
        for path in sorted((root / folder).rglob("*.py")):
            yield from _in_file(root, path, "python", {})
    for name in FILES:
        yield from _in_file(root, root / name, "python", {})
    for text in register_texts(load_registers(root / "policies", signed=False)):
        yield "policies", text, None


def _in_file(root: Path, path: Path, method: str, options: Mapping[str, str]) -> Iterator[Found]:
    where = path.relative_to(root).as_posix()
    with path.open("rb") as source:
        for _line, message, _comments, context in extract(method, source, dict(KEYWORDS), (), dict(options)):
            if message:
                yield where, message, context


def register_texts(registers: Registers) -> Iterator[str]:
    """The texts of the registers that residents read. Names of organisations are names, in every language."""
    for purpose in registers.purposes.values():
        yield from (purpose.title, purpose.plain_words, purpose.legal_text)
        for coded in (purpose.emergency, purpose.hold_back):
            yield from () if coded is None else coded.reasons.values()
    for role in registers.roles.values():
        yield from (role.title, role.plain_words)
    for section in registers.sections.values():
        yield from (section.title, *section.titles.values())
    for check in registers.checks.values():
        yield from (check.title, check.plain_words)
    for agreement in registers.agreements.values():
        if agreement.permission_rule is not PermissionRule.PERMISSION:
            yield agreement.rule_reason or agreement.title


def template(messages: Iterator[Found]) -> Catalog:
    """The messages as a template without a language."""
    made = Catalog(project="OnceTold", charset="utf-8", creation_date=MADE, fuzzy=False)
    made.header_comment = COMMENT % {"language": "no language: the template"}
    for where, text, context in messages:
        made.add(text, locations=[(where, 0)], context=context)
    return made


def wanted(root: Path, pot: Catalog) -> tuple[dict[Path, bytes], list[str]]:
    """Every file as it should be, given the translations that stand under `root`; and what is wrong with these."""
    files = {LOCALE / f"{DOMAIN}.pot": _po(pot)}
    problems: list[str] = []
    for code, name in LANGUAGES.items():
        if code == ENGLISH:
            continue
        folder = LOCALE / code / "LC_MESSAGES"
        catalogue = _translated(root / folder / f"{DOMAIN}.po", code)
        catalogue.update(pot, no_fuzzy_matching=True)
        catalogue.header_comment = COMMENT % {"language": name}
        catalogue.creation_date = catalogue.revision_date = MADE
        catalogue.fuzzy = False
        problems += [f"{code}: {problem}" for message in catalogue for problem in faults(message, catalogue)]
        files[folder / f"{DOMAIN}.po"] = _po(catalogue)
        compiled = io.BytesIO()
        write_mo(compiled, catalogue)
        files[folder / f"{DOMAIN}.mo"] = compiled.getvalue()
    return files, problems


def faults(message: Message, catalogue: Catalog) -> Iterator[str]:
    """What is wrong with a translation; nothing is wrong with none."""
    if not message.id or not _said(message):
        return
    ids, told = _texts(message.id), _texts(message.string)
    if message.fuzzy:
        yield f"{ids[0]!r}: marked fuzzy, so it would not be shown"
    if len(ids) > 1 and (len(told) != catalogue.num_plurals or not all(told)):
        yield f"{ids[0]!r}: {catalogue.num_plurals} plural forms are needed"
    allowed = set().union(*map(_placeholders, ids))
    for one in told:
        # A form for one thing may say the number in a word.
        free = {"num", "number"} if len(ids) > 1 else set()
        differ = _placeholders(one) ^ allowed
        if {name for name in differ if name.strip("%()sd") not in free} or _placeholders(one) - allowed:
            yield f"{ids[0]!r}: placeholders differ in {one!r}"


def counts(files: Mapping[Path, bytes]) -> Iterator[str]:
    """For each language a line: how many messages there are, and how many are translated."""
    for path, content in files.items():
        if path.suffix == ".po":
            messages = [one for one in read_po(io.BytesIO(content)) if one.id]
            done = sum(_said(one) for one in messages)
            yield f"{path.parts[2]}: {len(messages)} messages, {len(messages) - done} not translated"


def _translated(path: Path, code: str) -> Catalog:
    if not path.is_file():
        return Catalog(locale=code, project="OnceTold", charset="utf-8")
    with path.open("rb") as source:
        return read_po(source, locale=code, ignore_obsolete=True)


def _po(catalogue: Catalog) -> bytes:
    written = io.BytesIO()
    write_po(written, catalogue, width=100, sort_output=True, ignore_obsolete=True, include_lineno=False)
    return written.getvalue()


def _said(message: Message) -> bool:
    return any(_texts(message.string))


def _texts(value: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def _placeholders(text: str) -> set[str]:
    return {match.group() for match in _PLACEHOLDER.finditer(text)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
