"""Signed tokens by which a page may poll a run that it shows: bound to a person, for a day.

A page that stays open gets new ones (`playground/live/renewal.py`).

The name of a view says which actions its fragments offer, so that one rendering serves all who may
do the same: `stage` is its owner's with all of them, `stage-only` is for looking, and
`stage-only.see.delete` for somebody with these rights to other people's runs.
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
ONLY = "-only"  # in the name of a view of somebody else's run; the rights follow
# What a page may offer somebody to do with somebody else's run.
SEE, CANCEL, STAR, PUBLISH, DELETE = "see", "cancel", "star", "publish", "delete"
_PERMISSIONS = {
    CANCEL: permissions.CANCEL_RUN,
    STAR: permissions.CHANGE_RUN,
    PUBLISH: permissions.PUBLISH_RUN,
    DELETE: permissions.DELETE_RUN,
}


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
    if run.user_id == user.pk:
        return view
    granted = [name for name, needed in _PERMISSIONS.items() if permissions.may(user, needed)]
    seen = [SEE] if granted or permissions.may_see_runs(user) else []
    return ".".join([f"{view}{ONLY}", *seen, *granted])


def may(view: str, right: str) -> bool:
    """Whether a view of this name offers to do this: always in its owner's."""
    _, only, rights = view.partition(ONLY)
    return not only or right in rights.split(".")


def kind_of(view: str) -> str:
    """The name of a view without rights: `stage`."""
    return view.partition(ONLY)[0]


def same_rights(view: str, kind: str) -> str:
    """The name of a view of another kind, with the rights of this one."""
    return kind + view.removeprefix(kind_of(view))


def watch_token(run: Run, view: str) -> str:
    """The token that a page's poll sends for this run: `<view>:<token>`."""
    is_everybodys = run.is_example and run.state == Run.State.SUCCEEDED
    whose = ANYBODY if is_everybodys else str(run.user_id)
    issued = int(time.time()) // ROUNDED_TO_S * ROUNDED_TO_S
    return f"{view}:{_encode(run.pk, view, WatchToken(whose, issued))}"


def group_token(group: str, view: str, user_id: int) -> str:
    """The token for all runs of a group that is this person's: `<view>:<token>@<group>`.

    A page of hundreds of runs, such as a board, sends it once (`playground/live/groups.py`).
    """
    issued = int(time.time()) // ROUNDED_TO_S * ROUNDED_TO_S
    return f"{view}:{_encode(group, view, WatchToken(str(user_id), issued))}@{group}"


def verify(pk: uuid.UUID | str, view: str, text: str) -> WatchToken | None:
    """The parsed token of a run or a group in a view; None where its signature is wrong."""
    whose, _, rest = text.partition(".")
    issued, _, signature = rest.partition(".")
    try:
        token = WatchToken(whose, int(issued))
        Signer(salt=SALT).unsign(f"{_payload(pk, view, token)}:{signature}")
    except (BadSignature, ValueError):
        return None
    return token


@byte_cached(1 << 20)  # many people poll the same run
def _encode(pk: uuid.UUID | str, view: str, token: WatchToken) -> str:
    signature = Signer(salt=SALT).signature(_payload(pk, view, token))
    return f"{token.whose}.{token.issued}.{signature}"


def _payload(pk: uuid.UUID | str, view: str, token: WatchToken) -> str:
    return f"{pk}:{view}:{token.whose}:{token.issued}"
