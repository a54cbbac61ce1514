from __future__ import annotations

from xml.etree import ElementTree

from hub.insight.coverage import silent, thin_wards
from hub.insight.pictures import bars, class_of, classes_of, key_of, map_of, swatch
from hub.insight.showing import month_title, months_between, period_title
from hub.places.areas import Area
from tests.unit.hub.insight.towns import EAST, WEST, geography, square

SVG = "{http://www.w3.org/2000/svg}"


def test_figures_part_into_three_classes_and_what_is_hidden_is_one_of_its_own() -> None:
    figures = [10, 10, 15, 20, 45, 90]
    bounds = classes_of(figures)
    assert bounds == (15, 45)
    assert [class_of(figure, bounds) for figure in (None, *figures)] == [0, 1, 1, 2, 2, 3, 3]
    assert [(one.number, one.means) for one in key_of([*figures, None], bounds)] == [
        (0, "Too few to show, or none"),
        (1, "10"),
        (2, "15 to 20"),
        (3, "45 to 90"),
    ]
    assert classes_of([]) == ()
    assert [one.number for one in key_of([10, 10, 10], classes_of([10, 10, 10]))] == [1], "only what is there"


def test_a_map_draws_each_area_in_its_pattern_with_words_and_escapes_names() -> None:
    areas = [Area("a", 'Fish & <b>"Chips"', square(1, 52)), Area("b", "Lakenham", square(2, 52))]
    drawn = map_of(
        "m",
        areas,
        {"a": 40, "b": None},
        {"a": "1"},
        title="Wards & more",
        description="<most>",
        outlines=areas[:1],
    )
    root = ElementTree.fromstring(drawn)  # noqa: S314 # our own drawing
    paths = root.findall(f"{SVG}path")
    told = [(path.attrib["fill"], path.findtext(f"{SVG}title")) for path in paths]
    assert told[:2] == [
        ("url(#m-1)", 'Fish & <b>"Chips": 40'),
        ("url(#m-0)", "Lakenham: too few to show, or none"),
    ]
    # Borders of the areas and of the outlines, each of ink on white.
    assert [path.attrib["stroke-width"] for path in paths[2:]] == ["2.25", "0.75", "7.5", "2.5"]
    assert {one.attrib["id"] for one in root.iter(f"{SVG}pattern")} == {f"m-{number}" for number in range(4)}
    assert root.findtext(f"{SVG}title") == "Wards & more"
    assert root.findtext(f"{SVG}desc") == "<most>"
    assert [one.text for one in root.findall(f"{SVG}text")] == ["1"]


def test_patterns_differ_without_colour() -> None:
    drawn = {swatch("s", number).partition('height="24"')[2] for number in range(4)}
    assert len(drawn) == 4


def test_bars_are_as_long_as_their_figures_and_say_them() -> None:
    root = ElementTree.fromstring(  # noqa: S314 # our own drawing
        bars(
            "b",
            [
                ("Food & fuel", 40),
                ("Work", 20),
                ("Money", None),
                ("People with several long-term conditions", None),
            ],
            title="T",
            description="D",
        )
    )
    widths = [one.attrib["width"] for one in root.findall(f"{SVG}rect")]
    assert widths == ["97.0%", "48.5%"]
    words = [one.text for one in root.findall(f"{SVG}text")]
    assert words == [
        "Food & fuel: 40",
        "Work: 20",
        "Money: too few to show, or none",
        "People with several long-term",
        "conditions: too few to show, or",
        "none",
    ]


def test_months_and_periods_in_words() -> None:
    assert month_title("2026-03") == "March 2026"
    assert period_title("2026-03", "2026-10") == "March 2026"
    assert period_title("2026-Q1", "2026-10") == "January to March 2026"
    assert period_title("2026-Q4", "2026-10") == "October to December 2026, so far"
    assert period_title("2026", "2026-12") == "2026"
    assert period_title("2026", "2026-10") == "2026, so far"
    assert months_between("2026-11", "2027-02") == ["2026-11", "2026-12", "2027-01", "2027-02"]


def test_warnings_name_how_many_reported_and_who_fell_silent() -> None:
    reporters = {"2026-12": frozenset("abc"), "2027-01": frozenset("a"), "2026-11": frozenset("abc")}
    told = silent(["2027-01", "2026-12", "2027-02"], reporters, str.upper, lambda month: month)
    assert told == [
        "Only one organisation reported in 2027-01: most of what happened is not counted here.",
        "B and C reported the month before and not in 2027-01: lower figures may be only that.",
        "No organisation reported in 2027-02: most of what happened is not counted here.",
        "A reported the month before and not in 2027-02: lower figures may be only that.",
    ]


def test_a_ward_is_thin_where_fewer_than_two_in_a_thousand_residents_were_met() -> None:
    # Mancroft has two small areas, so about 3,000 residents: 6 is enough. Eaton has one: 3 is.
    assert thin_wards(geography(), {WEST: 5, EAST: 3}) == ["Mancroft"]
    assert thin_wards(geography(), {WEST: 6}) == ["Eaton"]
