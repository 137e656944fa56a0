"""The tags that somebody sees: of a project with their numbers, and of results."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Count, F

from library.models import Tag, TaggedResult
from library.selection import ResultKey

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection

    from django.db.models import QuerySet

    from runs.models.querysets import RunQuerySet

MAX_OFFERED = 300
_PLAIN_WORD = re.compile(r"[\w.-]+")


class Numbered(NamedTuple):
    """A tag, and how many of the results have it that its reader sees."""

    tag: Tag
    number: int

    @property
    def condition(self) -> str:
        """Return the condition of the search that finds its results."""
        return condition(self.tag.name)


def condition(name: str) -> str:
    """Return what finds a tag's results when it is written into the line of words: `tag:fox`."""
    return f"tag:{name}" if _PLAIN_WORD.fullmatch(name) else f'tag:"{name}"'


def numbered(runs: RunQuerySet, words: str = "") -> list[Numbered]:
    """Return the tags of these runs' results by name, with their numbers; one query.

    `words`: only those with all of these words in their names.
    """
    tags = _of(runs)
    for word in words.split():
        tags = tags.filter(tag__name__icontains=word)
    rows = tags.values("tag_id", "tag__name", "tag__project_id").annotate(number=Count("pk"))
    return [
        Numbered(
            Tag(pk=row["tag_id"], name=row["tag__name"], project_id=row["tag__project_id"]),
            row["number"],
        )
        for row in rows.order_by("tag__name", "tag_id")
    ]


def offered(runs: RunQuerySet) -> list[str]:
    """Return the names of the tags that these runs' results have most, to choose from."""
    names = _of(runs).values_list("tag__name").annotate(number=Count("pk"))
    return [name for name, _ in names.order_by("-number", "tag__name")[:MAX_OFFERED]]


def of_results(keys: Collection[uuid.UUID]) -> dict[ResultKey, list[str]]:
    """Return the names of the tags of runs' results, in order; one query."""
    rows = TaggedResult.objects.filter(
        run__in=keys, tag__removed_at=None, tag__project=F("run__project")
    )
    names: defaultdict[ResultKey, list[str]] = defaultdict(list)
    for run, position, name in rows.order_by("tag__name").values_list(
        "run_id", "position", "tag__name"
    ):
        names[ResultKey(run, position)].append(name)
    return dict(names)


def _of(runs: RunQuerySet) -> QuerySet[TaggedResult]:
    return TaggedResult.objects.filter(
        run__in=runs.order_by(), tag__removed_at=None, tag__project=F("run__project")
    ).order_by()
