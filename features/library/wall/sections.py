"""The wall's pages: results of many runs in sections, by a grouping."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from features.library.wall.grouping import Group, Grouping
from playground.display import wall
from runs.models.querysets import RunQuerySet

if TYPE_CHECKING:
    from uuid import UUID

    from django.contrib.auth.models import AnonymousUser, User
    from django.db.models import QuerySet

    Tiles = Callable[[User | AnonymousUser, Sequence[Any]], Sequence[Any]]

PAGE = 48  # runs; two to three screens of tiles
MOST_RETURNED = 300  # runs of a page that restores the position in the scrolled wall
LOOKED_AT = 2000  # newest runs that are gathered into groups
GROUPS, OF_GROUP = 12, 8  # groups of a page, and runs of each
COLUMNS = ("created_at", "endpoint")  # the columns that gathering needs


@dataclass(frozen=True)
class Section:
    """Runs under a title, which is empty if the page before began the group.

    `number` counts all runs of a gathered group; 0 if the section has all of them.
    """

    title: str
    stacks: Sequence[Any]
    group: Group
    number: int = 0


@dataclass(frozen=True)
class GroupPage:
    """A page of gathered groups: `next_group` begins the next one, 0 at the end.

    `is_cut` says that there are older runs, which are in none of the groups.
    """

    sections: list[Section] = field(default_factory=list)
    next_group: int = 0
    is_cut: bool = False


def consecutive(
    user: User | AnonymousUser,
    runs: Sequence[Any],
    grouping: Grouping,
    above: Any = None,
    tiles: Tiles = wall.stacks,
) -> list[Section]:
    """Return runs, newest first, in consecutive sections; or uploads, with their `tiles`.

    `above` is the last run of the previous page. At most four queries, and the grouping's.
    """
    stacks = tiles(user, runs)  # first, as it removes the titles of covered runs
    groups = grouping.groups(user, [above, *runs] if above else runs)
    next_section = groups.pop(0) if above else None
    sections = [
        Section(group.title, [stack for _, stack in pairs], group)
        for group, pairs in groupby(zip(groups, stacks, strict=True), key=itemgetter(0))
    ]
    if next_section and sections and sections[0].group.key == next_section.key:
        sections[0] = Section("", sections[0].stacks, sections[0].group)
    return sections


def row_above(rows: QuerySet[Any], before: datetime | None) -> Any:
    """Return the last row before a page; None on the first page, or if the row is gone."""
    return rows.filter(created_at=before).first() if before else None


def gathered(
    user: User | AnonymousUser, runs: RunQuerySet, grouping: Grouping, first: int = 0
) -> GroupPage:
    """Return groups of the newest runs, from number `first` on, in the order of their newest run.

    At most six queries, and the grouping's.
    """
    ordered = runs.order_by("-created_at", "pk").select_related(None).prefetch_related(None)
    newest = list(ordered.only(*COLUMNS)[: LOOKED_AT + 1])
    keys: dict[Group, list[UUID]] = {}
    looked_at = newest[:LOOKED_AT]
    for group, run in zip(grouping.groups(user, looked_at), looked_at, strict=True):
        keys.setdefault(group, []).append(run.pk)
    all_groups = sorted(keys, key=lambda group: group.key is None)  # runs without a group are last
    page_groups = all_groups[first : first + GROUPS]
    shown_pks = {pk for group in page_groups for pk in keys[group][:OF_GROUP]}
    by_key = _stacks(user, runs, shown_pks)
    sections = [
        Section(
            group.title,
            [by_key[pk] for pk in keys[group][:OF_GROUP] if pk in by_key],
            group,
            len(keys[group]) if len(keys[group]) > OF_GROUP else 0,
        )
        for group in page_groups
    ]
    is_more = len(all_groups) > first + GROUPS
    return GroupPage(sections, first + GROUPS if is_more else 0, len(newest) > LOOKED_AT)


def _stacks(
    user: User | AnonymousUser, runs: RunQuerySet, keys: Iterable[UUID]
) -> dict[UUID, wall.Stack]:
    loaded = list(runs.filter(pk__in=keys))
    return {stack.run.pk: stack for stack in wall.stacks(user, loaded)}
