"""Groups of runs that a page watches with one token: hundreds of a board's cells in one poll.

A poll names a group once, and its runs by the first digits of their keys with the versions that the
page has (`wire.py`): 400 of them are 6 KB, posted again at each change. The token names no runs;
the group's runs are read from the database.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from cachetools import LRUCache

from core.db.threads import in_thread
from core.live.tokens import WatchToken
from runs.live.wire import DIGITS, RenewedToken, WatchedGroup, WatchedRun
from runs.progress import watch_tokens
from runs.promises.places import Places, RunsOfGroup
from runs.promises.registry import registered

MAX_KNOWN = 64  # groups whose runs are kept in memory


@dataclass(frozen=True)
class Group:
    """A group that a page watches, with its verified token."""

    watched: WatchedGroup
    token: WatchToken


def verify(groups: Iterable[WatchedGroup]) -> list[Group]:
    """Return the groups of a poll with their tokens; unsigned ones are left out."""
    return [
        Group(group, token)
        for group in groups
        if group.name.partition(".")[0] in _kinds()
        and (token := watch_tokens.verify(group.name, group.view, group.token))
    ]


class Registry:
    """Caches which runs belong to the watched groups, until a poll names unknown ones."""

    def __init__(self) -> None:
        self._known: LRUCache[str, dict[str, list[uuid.UUID]]] = LRUCache(MAX_KNOWN)

    async def watched(self, groups: Iterable[Group]) -> tuple[WatchedRun, ...]:
        """Return the runs of these groups in the page's versions. Usually without a query.

        One query for a project's member, who may have been removed since.
        """
        runs: list[WatchedRun] = []
        for verified in groups:
            group = verified.watched
            by_digits = self._known.get(group.name, {})
            is_new = not group.versions.keys() <= by_digits.keys()  # new runs, or a new group
            if is_new or watch_tokens.member_of(group.view):  # who may have been removed since
                by_digits = await in_thread(_runs_of, group.name)
                self._known[group.name] = by_digits
            runs += [
                WatchedRun(pk, version, group.view)
                for digits, version in group.versions.items()
                for pk in by_digits.get(digits, ())
            ]
        return tuple(runs)


def _kinds() -> dict[str, RunsOfGroup]:
    """Return for each kind of group the function that finds its runs by the group's key."""
    return {
        kind: runs_of
        for owner in registered(Places)
        for kind, runs_of in owner.run_groups().items()
    }


def _runs_of(name: str) -> dict[str, list[uuid.UUID]]:
    kind, _, key = name.partition(".")
    by_digits: dict[str, list[uuid.UUID]] = {}
    for pk in _kinds()[kind](key):
        by_digits.setdefault(pk.hex[:DIGITS], []).append(pk)
    return by_digits


def renew(groups: Iterable[Group]) -> list[RenewedToken]:
    """Return new tokens for the groups whose token is old."""
    return [
        RenewedToken(view, watch_tokens.group_token(name, view, int(token.whose)), group=name)
        for name, view, token in (
            (group.watched.name, group.watched.view, group.token) for group in groups
        )
        if token.is_old and token.whose.isdecimal()
    ]
