"""The policy's lists of kinds and the ledger's are one: what allows, what refuses, and what does neither."""

from __future__ import annotations

import re

from core.sections import policies_folder
from core.vocabulary import Kind


def test_the_policy_and_the_ledger_agree_what_allows_and_what_refuses() -> None:
    rego = (policies_folder() / "rego" / "permission.rego").read_text()
    lists = {
        name: set(re.findall(r'"(\w+)"', listed))
        for name, listed in re.findall(r"^(\w+)_kinds := \{([^}]*)\}", rego, re.MULTILINE)
    }
    assert lists == {
        "allowing": {kind.value for kind in Kind if kind.allows},
        "refusing": {kind.value for kind in Kind if kind.refuses},
    }
