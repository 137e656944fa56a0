"""Signed tokens with which a page may poll a run that it shows: for one user and one day.

A page that stays open gets new ones (`runs/live/renewal.py`).

The name of a view says which actions its fragments offer, so that one rendering serves all users
with the same rights: `stage` is the owner's, with all actions; `stage-only` is read-only;
`stage-only.see.delete` is for users with these rights to other people's runs.
"""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, NamedTuple

from django.core.signing import BadSignature, Signer

from accounts import permissions
from accounts.sessions.cache import SessionUser
from core.byte_cache import byte_cached
from runs.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

SALT = "vitrine.live"
LASTS_S = 24 * 3600
ROUNDED_TO_S = 3600  # so that many pages have the same token, which is signed once
ANYBODY = "*"  # owner of the team's examples, which every logged-in user may watch
ONLY = "-only"  # marks a view of somebody else's run; the rights follow
# Rights to somebody else's run, each of which allows an action.
SEE, CANCEL, STAR, PUBLISH, DELETE = "see", "cancel", "star", "publish", "delete"
_PERMISSIONS = {
    CANCEL: permissions.CANCEL_RUN,
    STAR: permissions.CHANGE_RUN,
    PUBLISH: permissions.PUBLISH_RUN,
    DELETE: permissions.DELETE_RUN,
}


class WatchToken(NamedTuple):
    """The run's owner, and when the token was issued, in seconds since 1970."""

    whose: str
    issued: int

    def allows(self, person: SessionUser) -> bool:
        """Whether this user may watch the run now: their own, an example, or anybody's."""
        return self.is_for(person) and time.time() - self.issued < LASTS_S

    def is_for(self, person: SessionUser) -> bool:
        """Whether the token is valid for this user, regardless of its age."""
        return self.whose in {ANYBODY, str(person.pk)} or person.may_see_runs

    @property
    def is_old(self) -> bool:
        """Whether the token has expired or will soon."""
        return time.time() - self.issued > LASTS_S / 2


def view_for(user: User | AnonymousUser, run: Run, view: str) -> str:
    """Return the name of this user's view of a run, without actions that they may not perform."""
    if run.user_id == user.pk:
        return view
    granted = [name for name, needed in _PERMISSIONS.items() if permissions.may(user, needed)]
    seen = [SEE] if granted or permissions.may_see_runs(user) else []
    return ".".join([f"{view}{ONLY}", *seen, *granted])


def member_of(view: str) -> str:
    """Return the key of the member whose view it is; empty for views by other rights."""
    last = view.rpartition(".")[2]
    return last if ONLY in view and last.isdecimal() else ""


def may(view: str, right: str) -> bool:
    """Whether a view of this name offers an action: the owner's view offers all."""
    _, only, rights = view.partition(ONLY)
    return not only or right in rights.split(".")


def kind_of(view: str) -> str:
    """Return the name of a view without its rights: `stage`."""
    return view.partition(ONLY)[0]


def same_rights(view: str, kind: str) -> str:
    """Return the name of a view of another kind with the same rights."""
    return kind + view.removeprefix(kind_of(view))


def data_watch(run: Run, view: str) -> str:
    """Return what a page's poll sends for this run, as the JSON of its `data-watch`."""
    return json.dumps({"view": view, "token": run_token(run, view)})


def data_watch_group(group: str, view: str, user_id: int) -> str:
    """Return what a page's poll sends for each run of a user's group, as the same JSON.

    A page of hundreds of runs, such as a board, has one token for all (`runs/live/groups.py`).
    """
    token = group_token(group, view, user_id)
    return json.dumps({"view": view, "token": token, "group": group})


def run_token(run: Run, view: str) -> str:
    """Return a token for this run in a view."""
    is_everybodys = run.is_example and run.state == Run.State.SUCCEEDED
    whose = ANYBODY if is_everybodys else member_of(view) or str(run.user_id)
    issued = int(time.time()) // ROUNDED_TO_S * ROUNDED_TO_S
    return _encode(run.pk, view, WatchToken(whose, issued))


def group_token(group: str, view: str, user_id: int) -> str:
    """Return a token for all runs of a user's group, named `<kind>.<key>`."""
    issued = int(time.time()) // ROUNDED_TO_S * ROUNDED_TO_S
    return _encode(group, view, WatchToken(str(user_id), issued))


def verify(pk: uuid.UUID | str, view: str, text: str) -> WatchToken | None:
    """Return the parsed token of a run or group in a view; None if its signature is wrong."""
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
