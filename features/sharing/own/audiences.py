"""The answer to “For whom?” sets what a share shows, what it asks for and how long it lasts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.utils import timezone

from features.sharing.models import Share

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELD = "for_whom"  # name of the control
OPEN: dict[str, object] = {
    "audience": Share.Audience.LINK,
    "shows_models": True,
    "shows_settings": True,
    "shows_prices": False,
    "picks": Share.Picks.NONE,
    "most_picks": 0,
    "takes_ratings": False,
    "takes_comments": False,
    "shows_remarks": False,
}


class ForWhom(NamedTuple):
    """An answer, its meaning in words, the options that it sets, and the days until the end."""

    name: str
    label: str
    meaning: str
    options: Mapping[str, object]
    days: int | None = None


FOR_WHOM = (
    ForWhom(
        "client",
        "A client",
        "Asks for picks and comments, hides the models, ends in 30 days",
        OPEN
        | {
            "shows_models": False,
            "shows_settings": False,
            "picks": Share.Picks.SOME,
            "takes_comments": True,
        },
        days=30,
    ),
    ForWhom(
        "colleagues",
        "Colleagues",
        "Everybody who logs in here; shows models and settings",
        OPEN | {"audience": Share.Audience.HOUSE},
    ),
    ForWhom("link", "Everybody with the link", "Shows models and settings, does not end", OPEN),
)


def named(name: str) -> ForWhom | None:
    """Return the answer with this name, or None."""
    return next((answer for answer in FOR_WHOM if answer.name == name), None)


def apply(share: Share, answer: ForWhom) -> list[str]:
    """Set an answer's options in a share, which the caller saves; returns the changed fields.

    If the share already has this answer, its end stays unchanged.
    """
    is_same = answer == find_answer(share)
    fields = [name for name, value in answer.options.items() if getattr(share, name) != value]
    for name in fields:
        setattr(share, name, answer.options[name])
    share.for_project = None
    if not is_same:
        share.expires_at = timezone.now() + timedelta(days=answer.days) if answer.days else None
        fields.append("expires_at")
    return fields


def find_answer(share: Share) -> ForWhom | None:
    """Return the answer that matches a share's options; None if no answer does."""
    for answer in FOR_WHOM:
        is_set = all(getattr(share, name) == value for name, value in answer.options.items())
        if is_set and bool(answer.days) == (share.expires_at is not None):
            return answer
    return None
