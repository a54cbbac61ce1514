"""`oncetold openapi`: the contract as it is committed in openapi/gateway.yaml. Needs no settings and no databases."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, NoReturn

import yaml

from gateway.api.contract import contract_document
from gateway.api.routes import build_routers

_HEADER: Final = "# Written by `make openapi` from the code; a test holds the two together. Do not edit.\n"
_WIDTH: Final = 110


class NoGatewayError(RuntimeError):
    """An endpoint was called in a document: a mistake of ours."""


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, and nothing by reference."""

    def ignore_aliases(self, data: object) -> bool:
        """See `yaml.representer`."""
        return True


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


@cache
def contract() -> dict[str, Any]:
    """The document; nobody may change it."""
    return contract_document(build_routers(_no_parts))


def contract_text() -> str:
    """The document as YAML: the same text every time."""
    return _HEADER + yaml.dump(contract(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)


def _no_parts() -> NoReturn:
    raise NoGatewayError
