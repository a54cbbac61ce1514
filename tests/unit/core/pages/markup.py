"""What a page's markup says, read strictly: an element that is not closed in order is an error."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "img", "br", "hr", "path", "circle", "rect"}


@dataclass
class Markup:
    """tags: every element with its attributes. text: the words outside the head, in one line."""

    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    title: str = ""
    h1: str = ""

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def attributes(self, name: str) -> list[dict[str, str]]:
        """The attributes of every element of that name."""
        return [attributes for tag, attributes in self.tags if tag == name]

    def fields(self) -> dict[str, str]:
        """The hidden fields of the page's forms."""
        return {one["name"]: one["value"] for one in self.attributes("input") if one.get("type") == "hidden"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.markup = Markup()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        self.markup.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open, f"</{tag}> closes nothing"
            assert self.open.pop() == tag, f"</{tag}> is out of order"

    def handle_data(self, data: str) -> None:
        # A picture has a title of its own, which is no part of the page's.
        if "title" in self.open and "svg" not in self.open:
            self.markup.title += data
        elif "h1" in self.open:
            self.markup.h1 += data
        if "body" in self.open and data.strip():
            self.markup.words.append(data)


def read_markup(text: str) -> Markup:
    """The markup of a page; asserts that it is well formed and each id stands once."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == [], f"never closed: {reader.open}"
    ids = [attributes["id"] for _, attributes in reader.markup.tags if "id" in attributes]
    assert len(ids) == len(set(ids)), f"an id stands twice: {sorted(ids)}"
    return reader.markup


def assert_keeps_the_house_rules(text: str) -> Markup:
    """No script, no inline style, nothing from elsewhere; the title and the first heading say the same."""
    markup = read_markup(text)
    for tag, attributes in markup.tags:
        assert tag not in {"script", "style", "iframe", "object", "base"}, f"<{tag}>"
        assert not [name for name in attributes if name.startswith("on") or name == "style"], attributes
        for name in ("href", "src", "action"):
            assert attributes.get(name, "/").startswith(("/", "#")), f"{tag} {name} leads elsewhere"
    name = markup.title.removeprefix("Error: ")
    assert name == f"{markup.h1.strip()} - OnceTold"
    return markup
