"""The tests' tiers: marks by folder, and the counts and reasons at the end of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

ORDER = ("unit", "integration", "promises", "contract", "e2e")
OUTCOMES = ("passed", "failed", "skipped")


def tier_of(path: str) -> str:
    """The tier of a test file or node id relative to the repository: `tests/unit/core/...` -> `unit`."""
    folders = PurePosixPath(path.split("::", maxsplit=1)[0]).parts
    return folders[1] if len(folders) > 2 and folders[0] == "tests" else "other"


@dataclass(slots=True)
class Tally:
    """Counts by tier and outcome, and every skip with its reason."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    skips: dict[str, list[str]] = field(default_factory=dict)

    def add(self, node: str, outcome: str) -> None:
        """Count one test; outcomes other than `OUTCOMES` are errors of set-up and count as failed."""
        kind = outcome if outcome in OUTCOMES else "failed"
        self.counts.setdefault(tier_of(node), Counter())[kind] += 1

    def add_skip(self, node: str, reason: str) -> None:
        """Remember why a test was skipped."""
        self.skips.setdefault(reason, []).append(node)

    def lines(self) -> Iterable[str]:
        """The table, then the reasons with the number of tests behind each."""
        yield f"{'tier':<12}" + "".join(f"{name:>9}" for name in OUTCOMES)
        known = [tier for tier in ORDER if tier in self.counts]
        for tier in known + sorted(set(self.counts) - set(ORDER)):
            yield f"{tier:<12}" + "".join(f"{self.counts[tier][name]:>9}" for name in OUTCOMES)
        for reason, nodes in sorted(self.skips.items()):
            yield f"skipped {len(nodes)}: {reason}"
            yield from (f"    {node}" for node in sorted(nodes))
