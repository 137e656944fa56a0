"""What is refused with a sentence for people; nothing was changed then."""

from __future__ import annotations

from typing import ClassVar


class Refused(ValueError):
    """Nothing was changed; the message says why, and what to do.

    `field` is that of a form beside which it is said; empty: above the form.
    """

    field: ClassVar[str] = ""
