"""Long computations without their coverage being measured, which doubles their time and tells nothing new."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unmeasured() -> Iterator[None]:
    """Pause the measuring of this thread, if it is measured: for code whose every line other tests reach."""
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)
