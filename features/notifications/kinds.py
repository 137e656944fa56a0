"""The kinds of notifications that users can choose; other apps register further ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounts import permissions

if TYPE_CHECKING:
    from django.contrib.auth.models import User

RUN_FINISHED = "run_finished"
TRIAL_NEWS = "trial_news"
BUDGET_WARNING = "budget_warning"
TRAINING_FINISHED = "training_finished"
FLOW_FINISHED = "flow_finished"
TROUBLE = "trouble"
TEST = "test"  # a test of a channel; cannot be chosen


@dataclass(frozen=True)
class Kind:
    """A kind of notification: its name in the database, and its texts on the settings page.

    `needs` is the permission without which nobody reads it; what `asks` for an act is on the front
    page until it is seen, or done. What `is_mailed` goes to the account's address as well, until
    its user makes an e-mail channel, which then says what is mailed.
    """

    name: str
    label: str
    description: str = ""
    needs: str = ""
    asks: bool = False
    is_mailed: bool = False


_KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Offer a kind in all users' settings."""
    _KINDS[kind.name] = kind


def choices() -> list[Kind]:
    """Return every kind, in the order of registration."""
    return list(_KINDS.values())


def is_known(name: str) -> bool:
    """Whether a notification may have this kind."""
    return name == TEST or name in _KINDS


def hidden_from(user: User) -> list[str]:
    """Return the kinds that the user may not read; asks the database for staff only."""
    needs = {kind.needs for kind in _KINDS.values() if kind.needs}
    lacking = {need for need in needs if not permissions.may(user, need)}
    return [kind.name for kind in _KINDS.values() if kind.needs in lacking]


def is_mailed(name: str) -> bool:
    """Return whether this kind is mailed to people who have chosen no kinds."""
    kind = _KINDS.get(name)
    return kind is not None and kind.is_mailed


def asking() -> list[str]:
    """Return the kinds that ask for an act."""
    return [kind.name for kind in _KINDS.values() if kind.asks]


def label(name: str) -> str:
    """Return the kind in words; its name if it is not registered any more."""
    if name == TEST:
        return "Test"
    kind = _KINDS.get(name)
    return kind.label if kind else name


def known(names: Iterable[str]) -> list[str]:
    """Return the registered ones of `names` without duplicates, in the order of the settings."""
    wanted = set(names)
    return [name for name in _KINDS if name in wanted]


for _kind in (
    Kind(RUN_FINISHED, "Long runs", "a run has ended that took long, while you did not watch it"),
    Kind(TRIAL_NEWS, "Trials", "a new model did well on one of your boards", asks=True),
    Kind(BUDGET_WARNING, "Budgets", "80 % of a limit are spent, all of it, or a cap stopped runs"),
    Kind(TRAINING_FINISHED, "Trainings", "a training has ended"),
    Kind(FLOW_FINISHED, "Flows", "a flow has ended"),
    Kind(
        TROUBLE,
        "Trouble",
        "for admins, and mailed to them: the status page says that something is wrong",
        permissions.VIEW_WORKER,
        is_mailed=True,
    ),
):
    register(_kind)
