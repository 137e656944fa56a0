"""What is refused with a sentence for people; nothing was changed then."""

from __future__ import annotations


class Refused(ValueError):
    """Nothing was changed; the message says why, and what to do."""
