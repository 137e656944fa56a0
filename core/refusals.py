"""What is refused with a sentence for people; nothing was changed then."""

from __future__ import annotations


class Refused(ValueError):
    """Nothing was changed; the message says why, and what to do.

    `field` is that of a form beside which it is said; empty: above the form.
    """

    field: str = ""

    def __init__(self, sentence: str = "", field: str = "") -> None:
        super().__init__(sentence)
        self.field = field or self.field
