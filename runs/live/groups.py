"""Groups of runs that a page watches with one token: hundreds of a board's cells in one poll.

A poll names a group once, and its runs by the first digits of their keys with the versions that the
page has: `g=<view>:<token>@<kind>.<key>:<digits>.<version>,<digits>.<version>…`. That is eleven
bytes a run, so that 400 of them fit into the 8 kB to which proxies limit an address. The token
names no runs: those of a group are read from the database.
"""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

from runs.live.broker import Watched, in_thread
from runs.progress import live_partials, watch_tokens
from runs.progress.watch_tokens import WatchToken

MAX_RUNS = 500  # of all groups of one poll
MAX_KNOWN = 64  # groups whose runs are kept in memory
DIGITS = 8  # of a key; if two keys begin alike, both runs are watched
RunsOf = Callable[[str], Sequence[uuid.UUID]]
_KINDS: dict[str, RunsOf] = {}


def register(kind: str, runs_of: RunsOf) -> None:
    """Register another app's kind of group; `runs_of` returns the runs by the group's key."""
    _KINDS[kind] = runs_of


@dataclass(frozen=True)
class Group:
    """One group in a poll: its token, and the versions that the page has."""

    name: str  # <kind>.<key>
    view: str
    token: WatchToken
    versions: dict[str, int]


def parse(query: str) -> list[Group]:
    """Return the groups of a poll; malformed and unsigned ones are left out."""
    found, left = [], MAX_RUNS
    texts = parse_qs(query).get("g", []) if "g=" in query else []  # most polls name no group
    for text in texts[:MAX_KNOWN]:
        view, _, rest = text.partition(":")
        mark, _, listed = rest.partition(":")
        signature, _, name = mark.partition("@")
        token = watch_tokens.verify(name, view, signature)
        if token and name.partition(".")[0] in _KINDS:
            versions = _versions(listed.split(",")[:left])
            left -= len(versions)
            found.append(Group(name, view, token, versions))
    return found


def _versions(listed: Iterable[str]) -> dict[str, int]:
    parts = (text.partition(".") for text in listed)
    return {
        digits: int(version)
        for digits, _, version in parts
        if len(digits) == DIGITS and version.isascii() and version.isdigit() and len(version) < 10
    }


class Registry:
    """Caches which runs belong to the watched groups, until a poll names others."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, dict[str, list[uuid.UUID]]] = OrderedDict()

    async def watched(self, groups: Iterable[Group]) -> tuple[Watched, ...]:
        """Return the runs of these groups in the page's versions. Usually without a query."""
        found: list[Watched] = []
        for group in groups:
            known = self._known.get(group.name, {})
            if not group.versions.keys() <= known.keys():  # new runs, or a group not seen yet
                known = await in_thread(_runs_of)(group.name)
                self._keep(group.name, known)
            found += [
                Watched(pk, version * live_partials.STEP, group.view)
                for digits, version in group.versions.items()
                for pk in known.get(digits, ())
            ]
        return tuple(found)

    def _keep(self, name: str, runs: dict[str, list[uuid.UUID]]) -> None:
        self._known[name] = runs
        self._known.move_to_end(name)
        while len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)


def _runs_of(name: str) -> dict[str, list[uuid.UUID]]:
    kind, _, key = name.partition(".")
    found: dict[str, list[uuid.UUID]] = {}
    for pk in _KINDS[kind](key):
        found.setdefault(pk.hex[:DIGITS], []).append(pk)
    return found


def renewed(groups: Iterable[Group]) -> list[str]:
    """Return new tokens of the groups whose token is old: `<group>:<view>:<token>@<group>`."""
    return [
        f"{one.name}:{watch_tokens.group_token(one.name, one.view, int(one.token.whose))}"
        for one in groups
        if one.token.is_old and one.token.whose.isdecimal()
    ]
