"""What comes of a file that somebody brings: a filled-in form, or a choice."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from catalog.models import Endpoint

UNKNOWN = "No run here made this file."


@dataclass(frozen=True)
class Restored:
    """Restored settings: the model, and the source that fills its form (`prefill/sources.py`)."""

    endpoint: Endpoint
    fill: str
    words: str

    @property
    def address(self) -> str:
        """Return the address of the model's page with the settings filled in."""
        kind, _, key = self.fill.partition(":")
        return f"{self.endpoint.get_absolute_url()}?{urlencode({kind: key})}"


@dataclass(frozen=True)
class Offer:
    """What a person may do with a file that did not come from one form: a link, and its words.

    `is_weak` where a field of the form that takes the file comes first.
    """

    words: str
    address: str
    link: str
    is_weak: bool = False


class NotFound(LookupError):
    """No run here made the file; the message is shown to people."""
