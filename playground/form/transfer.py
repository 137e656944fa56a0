"""Transfers settings to another model: fields of the same name whose values fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from catalog.models import Endpoint
from playground.form import form_state
from schemas.validation import validate


@dataclass(frozen=True)
class Transfer:
    """The arguments transferred, and the names of those that were not."""

    arguments: dict[str, Any]
    unfit: list[str]
    unknown: list[str]

    @property
    def notice(self) -> str:
        """Return what became of each argument, in up to three sentences."""
        parts = [
            ("Taken over", list(self.arguments)),
            ("Does not fit here", self.unfit),
            ("Not in this model", self.unknown),
        ]
        sentences = [f"{what}: {', '.join(names)}." for what, names in parts if names]
        return " ".join(sentences) or "That run had no settings to take over."


def transfer(endpoint: Endpoint, arguments: Any) -> Transfer:
    """Sort another model's arguments by whether `endpoint` knows them and accepts their values."""
    given = arguments if isinstance(arguments, dict) else {}
    known = {child.name for child in form_state.version_of(endpoint).root.children}
    shared = {name: value for name, value in given.items() if name in known}
    unfit = misfits(endpoint, shared)
    return Transfer(
        {name: value for name, value in shared.items() if name not in unfit},
        [name for name in shared if name in unfit],
        [name for name in given if name not in known],
    )


def misfits(endpoint: Endpoint, arguments: dict[str, Any]) -> set[str]:
    """Return the names of the arguments the schema refuses; missing ones do not count."""
    found = form_state.version_of(endpoint)
    problems = validate(found.contract, arguments, found.root)
    return {str(one.path[0]) for one in problems if one.path and one.path[0] in arguments}
