"""The outcome of the search for a file's origin: a sentence, and the actions for the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode

from catalog.models import Endpoint

UNKNOWN = "No run here made this file."
USE = "Use it as input for …"


class Act(NamedTuple):
    """An action for a file: a link; `sends` if the file itself has to be posted there."""

    label: str
    address: str
    sends: bool = False


@dataclass(frozen=True)
class Outcome:
    """A sentence about a file, and actions in the order of the page.

    `fill` is the source (`prefill/sources.py`) that fills the form of `endpoint`, if that is open.
    `is_weak` if a form field that accepts the file takes precedence.
    """

    words: str
    acts: list[Act]
    endpoint: Endpoint | None = None
    fill: str = ""
    is_weak: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it for scripts."""
        return {
            "words": self.words,
            "acts": [act._asdict() for act in self.acts],
            "endpoint_id": self.endpoint.endpoint_id if self.endpoint else "",
            "fill": self.fill,
            "is_weak": self.is_weak,
        }


class NotFound(LookupError):
    """No run here made the file; the message is shown to people."""


def address_of(endpoint: Endpoint, fill: str) -> str:
    """Return the address of a model's page with its form filled from a source."""
    kind, _, key = fill.partition(":")
    return f"{endpoint.get_absolute_url()}?{urlencode({kind: key})}"
