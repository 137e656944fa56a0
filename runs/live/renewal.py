"""Renews old tokens of pages, and checks what may have changed since a page got them.

A page may stay open for days. Meanwhile an example that it watches may be withdrawn, and its user
may be removed from the project of other people's runs.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import User

from accounts.sessions.cache import SessionUser
from core.db.threads import in_thread
from core.live.tokens import ANYBODY, WatchToken
from runs.live.wire import WatchedRun
from runs.models import Run
from runs.progress import watch_tokens

AT_ONCE = 20  # per response; the next one renews more


async def renew(
    person: SessionUser, watched: Sequence[tuple[WatchedRun, WatchToken]]
) -> dict[WatchedRun, str]:
    """Return new tokens for the runs whose token is old.

    No query without old tokens.
    """
    old = [run for run, token in watched if token.is_old and watch_tokens.is_for(token, person)]
    if not old:
        return {}
    return await in_thread(_renew, person, old[:AT_ONCE])


async def withdrawn(
    person: SessionUser, watched: Sequence[tuple[WatchedRun, WatchToken]]
) -> set[WatchedRun]:
    """Return the examples and other people's runs that this user may no longer see.

    No query without such runs.
    """
    shared = [
        run for run, token in watched if token.whose == ANYBODY or watch_tokens.member_of(run.view)
    ]
    if not shared or person.may_see_runs:
        return set()
    return await in_thread(_withdrawn, person, shared)


def _withdrawn(person: SessionUser, shared: list[WatchedRun]) -> set[WatchedRun]:
    readable = Run.objects.readable_by(User(pk=person.pk))
    readable_pks = set(
        readable.filter(pk__in={run.pk for run in shared}).values_list("pk", flat=True)
    )
    return {run for run in shared if run.pk not in readable_pks}


def _renew(person: SessionUser, old: list[WatchedRun]) -> dict[WatchedRun, str]:
    user = User.objects.filter(pk=person.pk, is_active=True).first()
    if user is None:
        return {}
    readable = Run.objects.readable_by(user).filter(pk__in={run.pk for run in old})
    runs = {run.pk: run for run in readable.light()}
    return {
        watched: watch_tokens.run_token(runs[watched.pk], watched.view)
        for watched in old
        if watched.pk in runs
    }
