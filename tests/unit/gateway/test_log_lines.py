"""What others log of an exception holds its type and nothing of its message (promise 6)."""

import io
import logging

from gateway.log_lines import TypesOnly


def test_a_logged_exception_is_its_type_alone() -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(TypesOnly("%(levelname)s %(message)s"))
    logger = logging.getLogger("a-library-of-others")
    logger.addHandler(handler)
    logger.propagate = False
    try:
        raise ValueError("Maren lives at 1 Made-up Row")
    except ValueError:
        logger.exception("it failed")
    assert written.getvalue() == "ERROR it failed\nValueError\n"
