"""Templates compiled once a run: each test makes an environment of its own, and compiling was half of its time."""

from __future__ import annotations

from typing import Any

from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket


class CompiledOnce(BytecodeCache):
    """Keeps compiled templates in memory. A bucket's checksum is its source's, so a changed template is compiled anew."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what is kept."""
        kept = self._kept.get(_key(bucket))
        if kept is not None:
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        self._kept[_key(bucket)] = bucket.bytecode_to_string()


def _key(bucket: Bucket) -> str:
    """What the code depends on beside its source: how the environment escapes and trims, which tags and filters it has."""
    made = bucket.environment
    filters = {name: (one.__module__, one.__qualname__) for name, one in made.filters.items()}
    kind = (made.autoescape, made.trim_blocks, made.lstrip_blocks, made.undefined.__qualname__, made.is_async)
    gettext = getattr(made, "newstyle_gettext", None)
    return f"{bucket.key}|{kind}|{gettext}|{sorted(made.extensions)}|{sorted(filters.items())}"


def compile_templates_once() -> None:
    """Give every environment of this process one cache of compiled templates."""
    made, cache = Environment.__init__, CompiledOnce()

    def init(self: Environment, *arguments: Any, **options: Any) -> None:
        options.setdefault("bytecode_cache", cache)
        made(self, *arguments, **options)

    Environment.__init__ = init  # type: ignore[method-assign] # for this process alone
