"""The kinds of notifications that users can choose; other apps register further ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounts import permissions

if TYPE_CHECKING:
    from django.contrib.auth.models import User

RUN_FINISHED = "run_finished"
BUDGET_WARNING = "budget_warning"
FLOW_FINISHED = "flow_finished"
MODEL_CHANGED = "model_changed"
PROJECT_ADDED = "project_added"
TROUBLE = "trouble"
TEST = "test"  # a test of a channel; cannot be chosen


@dataclass(frozen=True)
class Kind:
    """A kind of notification: its name in the database, and its texts on the settings page.

    `needs` is the permission required to read it. A kind that `asks` for an action is on the front
    page until it is seen or done. A kind that `is_mailed` is also sent to the account's address,
    until its user creates an e-mail channel, which then selects the mails.
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
    """Return the kinds that the user may not read; queries the database only for staff."""
    needs = {kind.needs for kind in _KINDS.values() if kind.needs}
    lacking = {need for need in needs if not permissions.may(user, need)}
    return [kind.name for kind in _KINDS.values() if kind.needs in lacking]


def is_mailed(name: str) -> bool:
    """Return whether this kind is mailed to people who have chosen no kinds."""
    kind = _KINDS.get(name)
    return kind is not None and kind.is_mailed


def asking() -> list[str]:
    """Return the kinds that require an action."""
    return [kind.name for kind in _KINDS.values() if kind.asks]


def label(name: str) -> str:
    """Return the kind in words; its name if it is no longer registered."""
    if name == TEST:
        return "Test"
    kind = _KINDS.get(name)
    return kind.label if kind else name


def known(names: Iterable[str]) -> list[str]:
    """Return the registered kinds among `names`, without duplicates, in the settings' order."""
    wanted_names = set(names)
    return [name for name in _KINDS if name in wanted_names]


for _kind in (
    Kind(RUN_FINISHED, "Long runs", "a long run has ended while you were not watching"),
    Kind(BUDGET_WARNING, "Budgets", "a budget is spent, or 80 % of it, or has stopped runs"),
    Kind(FLOW_FINISHED, "Flows", "a flow has ended"),
    Kind(
        MODEL_CHANGED,
        "Models",
        "a model that you starred, or ran in the last 30 days, has other inputs, another price or "
        "other results, or is withdrawn",
    ),
    Kind(PROJECT_ADDED, "Projects", "somebody has added you to a project"),
    Kind(
        TROUBLE,
        "Trouble",
        "for admins, also by mail: the status page says that something is wrong",
        permissions.VIEW_WORKER,
        is_mailed=True,
    ),
):
    register(_kind)
