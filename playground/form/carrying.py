"""Settings of one model in another: the fields of the same name whose values fit are taken over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from catalog.models import Endpoint
from playground.form import filling
from schemas.validation import validate


@dataclass(frozen=True)
class Carried:
    """What was taken over, and the names of what was not."""

    arguments: dict[str, Any]
    unfit: list[str]
    unknown: list[str]

    @property
    def notice(self) -> str:
        """What became of each, in a sentence or three."""
        parts = [
            ("Taken over", list(self.arguments)),
            ("Does not fit here", self.unfit),
            ("Not in this model", self.unknown),
        ]
        said = [f"{what}: {', '.join(names)}." for what, names in parts if names]
        return " ".join(said) or "That run had no settings to take over."


def carry(endpoint: Endpoint, arguments: Any) -> Carried:
    """Sort another model's arguments by whether `endpoint` knows them and takes their values."""
    given = arguments if isinstance(arguments, dict) else {}
    known = {child.name for child in filling.model(endpoint).root.children}
    shared = {name: value for name, value in given.items() if name in known}
    unfit = misfits(endpoint, shared)
    return Carried(
        {name: value for name, value in shared.items() if name not in unfit},
        [name for name in shared if name in unfit],
        [name for name in given if name not in known],
    )


def misfits(endpoint: Endpoint, arguments: dict[str, Any]) -> set[str]:
    """The names of the arguments whose values the schema refuses; what is missing is no misfit."""
    found = filling.model(endpoint)
    problems = validate(found.contract, arguments, found.root)
    return {str(one.path[0]) for one in problems if one.path and one.path[0] in arguments}
