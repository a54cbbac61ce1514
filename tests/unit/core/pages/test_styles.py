from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.pages.static_files import static_files
from scripts import styles


def test_the_committed_styles_hold_no_font_crown_or_address_of_govuk() -> None:
    css = static_files()["govuk-frontend.css"].content.decode()
    rules = css.split("*/", 1)[1]
    assert not re.search(r"GDS Transport|@font-face|@import|url\(|crest|crown|logotype", rules)
    assert 'font-family:system-ui,-apple-system,"Segoe UI"' in rules
    assert f'--govuk-frontend-version:"{styles.VERSION}"' in rules


def test_the_committed_styles_carry_their_licence() -> None:
    css = static_files()["govuk-frontend.css"].content.decode()
    assert "The MIT License (MIT)" in css
    assert "Copyright (C) 2017 Crown Copyright (Government Digital Service)" in css


def test_our_own_styles_name_no_other_place_and_only_our_own_classes() -> None:
    for name in ("oncetold.css", "parts.css", "notices.css", "officers.css"):
        css = re.sub(r"/\*.*?\*/", "", static_files()[name].content.decode(), flags=re.DOTALL)
        assert not re.search(r"url\(|@import|@font-face", css)
        selectors = re.findall(r"([^{}]+)\{", css)
        for selector in (one.strip() for group in selectors for one in group.split(",")):
            if re.search(r"\.[a-z]", selector) and not selector.startswith("@"):
                assert ".ot-" in selector, selector


def test_font_and_crest_are_cut_out_and_the_rest_stays() -> None:
    css = (
        '@charset "UTF-8";.a{font-family:GDS Transport,arial,sans-serif}@font-face{font-family:GDS Transport;src:url(x)}'
        ".govuk-footer__copyright-logo:before{background:url(/assets/images/govuk-crest.svg)}"
        "@supports (mask:x){.govuk-footer__copyright-logo:before{mask:url(/assets/images/govuk-crest.svg)}}.b{color:red}"
        "/*# sourceMappingURL=x.map */"
    )
    made = styles.own_styles(css)
    assert made.startswith('@charset "UTF-8";\n/*!')
    assert made.endswith(f"*/\n.a{{font-family:{styles.FONTS}}}.b{{color:red}}\n")


def test_a_stylesheet_with_another_address_in_it_is_refused() -> None:
    with pytest.raises(styles.UnexpectedStylesError):
        styles.own_styles(".a{background:url(https://elsewhere.example/x.png)}")


@pytest.mark.parametrize(("committed", "code"), [("same", 0), ("other", 1), (None, 1)])
def test_the_check_compares_and_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, committed: str | None, code: int
) -> None:
    target = tmp_path / "govuk-frontend.css"
    monkeypatch.setattr(styles, "fetch", lambda: ".a{color:red}")
    monkeypatch.setattr(styles, "TARGET", target)
    if committed is not None:
        target.write_text(styles.own_styles(".a{color:red}") if committed == "same" else "other")
    before = target.read_text() if target.exists() else None
    assert styles.main(["--check"]) == code
    assert (target.read_text() if target.exists() else None) == before


def test_without_check_the_file_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    target = tmp_path / "static" / "govuk-frontend.css"
    monkeypatch.setattr(styles, "fetch", lambda: ".a{color:red}")
    monkeypatch.setattr(styles, "TARGET", target)
    assert styles.main([]) == 0
    assert target.read_text().endswith(".a{color:red}\n")
