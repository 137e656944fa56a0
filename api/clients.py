"""Programs that can use Vitrine: how to configure its address in each, and what it cannot do.

`clients.toml` declares them, since they differ only in data.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from schemas.reference.snippets import Call, Snippet, Upstream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PLACEHOLDER = "vitrine_…"  # in place of a token


class _Lines(Template):
    """Lines with placeholders; no language used here has names with this sign."""

    delimiter = "%"


@dataclass(frozen=True, slots=True)
class Client:
    """One client: `hint` says how to set the address, `parts` are lines, each in a language.

    `cannot` says in sentences what it cannot do through Vitrine; empty if it can do everything. One
    that `signs_in` by the browser needs no token.
    """

    key: str
    title: str
    hint: str
    parts: Sequence[Mapping[str, str]]
    cannot: str = ""
    signs_in: bool = False

    def lines(
        self, address: str, token: str, model: str, arguments: dict[str, Any]
    ) -> list[Snippet]:
        """Return the lines for the Vitrine at `address` with a token, calling a model."""
        call = Call(model, arguments, Upstream(queue=f"{address}/api/fal/queue"), address)
        values = {
            "address": address,
            "host": address.partition("://")[2],
            "token": token or PLACEHOLDER,
            "model": model,
            "curl": call.code("curl"),
            "fal_python": call.code("python"),
            "fal_javascript": call.code("vitrine-fal"),
        }
        return [
            Snippet(f"part-{number}", part["language"], _filled(part["lines"], values))
            for number, part in enumerate(self.parts, 1)
        ]


def _filled(lines: str, values: Mapping[str, str]) -> str:
    lines = lines.replace("%fal_names\n", _TABLE["fal_names"])
    return _Lines(lines).substitute(values).rstrip("\n") + "\n"


_TABLE = tomllib.loads(Path(__file__).with_name("clients.toml").read_text(encoding="utf-8"))
CLIENTS: Mapping[str, Client] = {row["key"]: Client(**row) for row in _TABLE["clients"]}
