"""Signed tokens by which a page may poll a run that it shows: bound to a person, for a day.

A page that stays open gets new ones (`playground/live/renewal.py`).
"""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, NamedTuple

from django.core.signing import BadSignature, Signer

from accounts import permissions
from accounts.session_cache import SessionUser
from core.byte_cache import byte_cached
from playground.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

SALT = "vitrine.live"
LASTS_S = 24 * 3600
ROUNDED_TO_S = 3600  # so that many pages carry the same token, which is signed once
ANYBODY = "*"  # of the team's examples, which everybody who is logged in may look at
ONLY_LOOK = "-only"  # ends the name of a view for people who may see a run and not cancel it


class WatchToken(NamedTuple):
    """Whose run it is, and when the token was issued, in seconds since 1970."""

    whose: str
    issued: int

    def allows(self, person: SessionUser) -> bool:
        """Whether this person may watch the run now: their own, an example, or everybody's."""
        return self.is_for(person) and time.time() - self.issued < LASTS_S

    def is_for(self, person: SessionUser) -> bool:
        """Whether it was issued to this person, whenever that was."""
        return self.whose in {ANYBODY, str(person.pk)} or person.may_see_runs

    @property
    def is_old(self) -> bool:
        """Whether a page that goes on watching needs a new one soon, or needs it already."""
        return time.time() - self.issued > LASTS_S / 2


def view_for(user: User | AnonymousUser, run: Run, view: str) -> str:
    """The name of the view of a run for this person: without actions that they may not do."""
    is_theirs = run.user_id == user.pk
    may_act = is_theirs or permissions.may(user, permissions.CANCEL_RUN)
    return view if may_act else f"{view}{ONLY_LOOK}"


def may_cancel(view: str) -> bool:
    """Whether a view of this name offers to cancel its run."""
    return not view.endswith(ONLY_LOOK)


def watch_token(run: Run, view: str) -> str:
    """The token that a page's poll sends for this run: `<view>:<token>`."""
    is_everybodys = run.is_example and run.state == Run.State.SUCCEEDED
    whose = ANYBODY if is_everybodys else str(run.user_id)
    issued = int(time.time()) // ROUNDED_TO_S * ROUNDED_TO_S
    return f"{view}:{_encode(run.pk, view, WatchToken(whose, issued))}"


def verify(pk: uuid.UUID, view: str, text: str) -> WatchToken | None:
    """The parsed token of a run in a view; None where its signature is wrong."""
    whose, _, rest = text.partition(".")
    issued, _, signature = rest.partition(".")
    try:
        token = WatchToken(whose, int(issued))
        Signer(salt=SALT).unsign(f"{_payload(pk, view, token)}:{signature}")
    except (BadSignature, ValueError):
        return None
    return token


@byte_cached(1 << 20)  # many people poll the same run
def _encode(pk: uuid.UUID, view: str, token: WatchToken) -> str:
    signature = Signer(salt=SALT).signature(_payload(pk, view, token))
    return f"{token.whose}.{token.issued}.{signature}"


def _payload(pk: uuid.UUID, view: str, token: WatchToken) -> str:
    return f"{pk}:{view}:{token.whose}:{token.issued}"
