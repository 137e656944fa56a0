"""The exception for actions that are refused with a sentence for users."""

from __future__ import annotations


class Refused(ValueError):
    """Nothing was changed; the message says why, and what to do.

    It is shown beside the form's field `field`, or above the form if that is empty.
    """

    field: str = ""

    def __init__(self, sentence: str = "", field: str = "") -> None:
        super().__init__(sentence)
        self.field = field or self.field
