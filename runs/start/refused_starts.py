"""Reasons why runs are not started: raised by `runs/start/starting.py`, shown by its callers."""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple


class StartRefused(ValueError):
    """No run of this model may be started; the message says why."""


class Forbidden(StartRefused):
    """The user may run nothing here, or not this model, because of roles or rules, not input.

    Pages answer with `status` and an element with `data-refused`, APIs with a problem document.
    """

    status = HTTPStatus.FORBIDDEN
    remedy: Remedy | None = None  # what may help


class Remedy(NamedTuple):
    """A page where the refusal may be changed: the text of a link and its address."""

    label: str
    address: str


class Unaffordable(Forbidden):
    """A budget, or a rule of the house about sums, forbids the cost."""

    status = HTTPStatus.PAYMENT_REQUIRED

    def __init__(self, sentence: str, remedy: Remedy | None = None) -> None:
        super().__init__(sentence)
        self.remedy = remedy


class Unconfirmed(Unaffordable):
    """The cost of a submission is unknown, so the user has to confirm it first, with a button.

    `yes` is the button's label; posting `answer` as `confirmation.FIELD` confirms.
    """

    def __init__(self, sentence: str, yes: str, answer: str) -> None:
        super().__init__(sentence)
        self.yes, self.answer = yes, answer
