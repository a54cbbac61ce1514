"""Make `core/pages/static/govuk-frontend.css` from GOV.UK Frontend, so that running the pages needs no Node.

    python -m scripts.styles            fetch the package by npm, strip it, write the file
    python -m scripts.styles --check    the same, but only compare; ends with 1 where the committed file differs

Taken is the compiled stylesheet (MIT). Left out is what its owners license for GOV.UK alone: the GDS Transport font
and the crown and crest. What is fetched must have the digest below, so nobody can slip another file in.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

VERSION = "6.3.0"
DIGEST = "0f00f2aa01972532b0e3c748691dafd58f0042c60060d79848d3d31c02913d46"
"""SHA-256 of `dist/govuk/govuk-frontend.min.css` in the npm package of that version."""
TARGET = Path(__file__).resolve().parent.parent / "core" / "pages" / "static" / "govuk-frontend.css"
FONTS = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif'

NOTICE = f"""\
/*! GOV.UK Frontend {VERSION}, changed: without its font, crown and crest. Made by scripts/styles.py; do not edit.
The MIT License (MIT)
Copyright (C) 2017 Crown Copyright (Government Digital Service)
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:
The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.
THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE. */
"""

_CHARSET = '@charset "UTF-8";'
_FONT_FACE = re.compile(r"@font-face\{[^}]*\}")
_FONT_NOTICE = re.compile(r"/\*! Copyright \(c\) 2011 by Margaret Calvert.*?\*/", re.DOTALL)
_SOURCE_MAP = re.compile(r"/\*# sourceMappingURL=.*?\*/")
_OWNED_BY_GOVUK = re.compile(r"[^{}]*(?:logotype|copyright-logo|crest|crown)[^{}]*\{[^{}]*\}")
_EMPTY_BLOCK = re.compile(r"@(?:supports|media)[^{}]*\{\s*\}")


class UnexpectedStylesError(Exception):
    """What was fetched is not the pinned file, or something licensed for GOV.UK alone would be left in it."""


def own_styles(css: str) -> str:
    """The stylesheet without font, crown and addresses, under a licence notice; or `UnexpectedStylesError`."""
    kept = css.removeprefix(_CHARSET)
    for pattern in (_FONT_NOTICE, _FONT_FACE, _SOURCE_MAP, _OWNED_BY_GOVUK, _EMPTY_BLOCK):
        kept = pattern.sub("", kept)
    kept = kept.replace("font-family:GDS Transport,arial,sans-serif", f"font-family:{FONTS}")
    for left in ("GDS Transport", "url(", "@font-face", "@import", "crest", "crown-"):
        if left in kept:
            raise UnexpectedStylesError(f"{left!r} is still in the stylesheet")
    return f"{_CHARSET}\n{NOTICE}{kept.strip()}\n"


def fetch() -> str:
    """The compiled stylesheet of the pinned version, by npm; raises `UnexpectedStylesError` when it is another file."""
    npm = shutil.which("npm")
    if npm is None:
        raise UnexpectedStylesError("npm is not on this machine's path")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [npm, "install", f"govuk-frontend@{VERSION}", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        found = Path(folder, "node_modules/govuk-frontend/dist/govuk/govuk-frontend.min.css").read_bytes()
    if hashlib.sha256(found).hexdigest() != DIGEST:
        raise UnexpectedStylesError("the fetched stylesheet does not have the pinned digest")
    return found.decode()


def main(arguments: list[str]) -> int:
    """Write the file, or with `--check` only compare it."""
    made = own_styles(fetch())
    if "--check" in arguments:
        same = TARGET.is_file() and TARGET.read_text() == made
        print(f"{TARGET.name} is {'as made' if same else 'NOT as made'} from govuk-frontend {VERSION}")
        return 0 if same else 1
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(made)
    print(f"wrote {TARGET.name}: {len(made)} characters from govuk-frontend {VERSION}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
