"""docs/problems.md from the same list as the pages: `python -m gateway.docs_pages.markdown > docs/problems.md`."""

from __future__ import annotations

import sys
from typing import Final

from gateway.problem_types import PROBLEM_TYPES

_HEAD: Final = """\
# Problems

Every error of the API is a problem document (RFC 9457, `application/problem+json`): `type`, `title`, `status`, `detail`
(what to do), `correlation_id`. The last part of `type` is one of the names below and never changes its meaning; branch on
it, never on the words. A running gateway shows the same list at `/docs/problems`.

No problem says anything about a person. Who is unknown, who allowed nothing and who is protected all get the same empty
view, and that is no problem.

Written from `gateway/problem_types.py` by `python -m gateway.docs_pages.markdown`; a test holds the two together.
"""


def problems_markdown() -> str:
    """The whole page."""
    sections = [
        f"## {one.code}\n\n{one.status}, {one.title}\n\n**Cause.** {one.cause}\n\n**What to do.** {one.remedy}\n"
        for one in PROBLEM_TYPES.values()
    ]
    return "\n".join([_HEAD, *sections])


if __name__ == "__main__":
    sys.stdout.write(problems_markdown())
