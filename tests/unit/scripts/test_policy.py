"""`make policy` tells what held, and takes nothing that did not run for something that held."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

from scripts.policy import last_line, read_results

REPORT = """<testsuites><testsuite>
<testcase name="test_the_policy_decides_as_the_table_says[A charity's adviser]"/>
<testcase name="test_the_policy_decides_as_the_table_says[A mother]"/>
<testcase name="test_both"><properties><property name="parity" value="5,221 of 5,221"/></properties></testcase>
<testcase name="test_mutants[law]"><properties>
<property name="mutants" value="30"/><property name="survivors" value="0"/></properties></testcase>
<testcase name="test_mutants[label]"><properties>
<property name="mutants" value="8"/><property name="survivors" value="1"/></properties></testcase>
</testsuite></testsuites>"""


def test_the_last_line_tells_the_figures() -> None:
    results = read_results(fromstring(REPORT))  # noqa: S314 - ours, above
    assert results.not_held == []
    assert last_line("89", results, 61.7) == (
        "policy: 89 rego tests, coverage 100%, format, strict, schemas and metadata clean, wasm equal to a fresh build, "
        "2 situations, parity 5,221 of 5,221, mutants 37 of 38 killed (1 equivalent), 5 tests, 62 s"
    )


def test_what_failed_or_did_not_run_did_not_hold() -> None:
    cases = "".join(f'<testcase name="{bad}"><{bad}/></testcase>' for bad in ("failure", "error", "skipped"))
    results = read_results(fromstring(f'<testsuite>{cases}<testcase name="fine"/></testsuite>'))  # noqa: S314 - ours, above
    assert results.ran == 4
    assert results.not_held == ["failure", "error", "skipped"]
