"""One version of a model's schema, which validates arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from schemas.document.openapi import Contract
from schemas.fields import Field
from schemas.form.decode import Problem
from schemas.validation.arguments import validate


@dataclass(frozen=True)
class Version:
    """One version of a schema with its Field tree."""

    contract: Contract
    root: Field

    def problems(self, arguments: Any) -> list[Problem]:
        """The problems of arguments, in the order of the form; empty if they are valid."""
        return validate(self.contract, arguments, self.root)

    def present_problems(self, arguments: dict[str, Any]) -> list[Problem]:
        """The problems of the values that are present: a missing one is no problem."""
        problems = self.problems(arguments)
        return [problem for problem in problems if problem.path and problem.path[0] in arguments]

    def accepts(self, name: str, value: Any) -> bool:
        """Whether the schema accepts a value for an input."""
        return not self.present_problems({name: value})
