"""Why runs are not started: what `runs/start/starting.py` raises, and whoever asks it shows."""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple


class Refused(ValueError):
    """No run of this model may be started; the message says why."""


class Forbidden(Refused):
    """The user may run nothing here, or not this model: a matter of roles and rules, not of input.

    Pages answer with `status` and an element with `data-refused`, programs' ways in with a problem.
    """

    status = HTTPStatus.FORBIDDEN
    remedy: Remedy | None = None  # what may help


class Remedy(NamedTuple):
    """A page where a refusal may be changed: the words of a link, and its address."""

    label: str
    address: str


class Unaffordable(Forbidden):
    """Money forbids it: a budget, or a rule of the house about sums."""

    status = HTTPStatus.PAYMENT_REQUIRED

    def __init__(self, sentence: str, remedy: Remedy | None = None) -> None:
        super().__init__(sentence)
        self.remedy = remedy


class Unconfirmed(Unaffordable):
    """A press costs so much that whoever presses has to say yes first, with a button.

    `yes` are its words; posting `answer` as `confirmation.FIELD` says it. The page of `remedy`, if
    any, says more.
    """

    def __init__(self, sentence: str, yes: str, answer: str, remedy: Remedy | None = None) -> None:
        super().__init__(sentence, remedy)
        self.yes, self.answer = yes, answer
