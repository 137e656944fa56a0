"""The list of prompts: searched by words, folder and tag, with the number of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count

from fal.db_safe import db_safe_text
from library.models import PromptTag
from library.prompts.values import folder_of

if TYPE_CHECKING:
    from django.http import QueryDict

    from library.models.prompt import PromptQuerySet

MAX_WORDS_CHARS = 200
MAX_TAGS_SHOWN = 40


@dataclass(frozen=True)
class Filters:
    """What an address asks for; each is empty where it asks for all."""

    search_text: str = ""
    folder: str = ""
    tag: str = ""

    def __bool__(self) -> bool:
        """Whether anything is left out."""
        return bool(self.search_text or self.folder or self.tag)


@dataclass(frozen=True)
class Facet:
    """A folder or tag with the number of prompts in it; `depth` is that of a folder."""

    name: str
    label: str
    number: int
    is_chosen: bool
    depth: int = 0


def read(query: QueryDict) -> Filters:
    """Parse `q`, `folder` and `tag`."""
    return Filters(
        db_safe_text(query.get("q", "")).strip()[:MAX_WORDS_CHARS],
        folder_of(query.get("folder", ""))[:MAX_WORDS_CHARS],
        db_safe_text(query.get("tag", "")).strip().lower()[:MAX_WORDS_CHARS],
    )


def chosen(rows: PromptQuerySet, filters: Filters) -> PromptQuerySet:
    """Return the rows that the filters leave."""
    rows = rows.with_words(filters.search_text)
    if filters.folder:
        rows = rows.below(filters.folder)
    if filters.tag:
        rows = rows.filter(tags__name=filters.tag)
    return rows


def folders(rows: PromptQuerySet, filters: Filters) -> list[Facet]:
    """Return all folders of the rows, as a tree in order, with what is in and below each."""
    numbers: Counter[str] = Counter()
    counted = rows.order_by().values_list("folder").annotate(Count("pk"))
    for folder, number in counted.exclude(folder=""):
        parts = folder.split("/")
        for depth in range(1, len(parts) + 1):
            numbers["/".join(parts[:depth])] += number
    return [
        Facet(name, name.rpartition("/")[2], number, name == filters.folder, name.count("/"))
        for name, number in sorted(numbers.items(), key=lambda pair: pair[0].split("/"))
    ]


def tags(rows: PromptQuerySet, filters: Filters) -> list[Facet]:
    """Return the most frequent tags of the rows, by name."""
    counted = PromptTag.objects.filter(prompt__in=rows.order_by()).order_by()
    most = counted.values_list("name").annotate(number=Count("pk")).order_by("-number", "name")
    return [
        Facet(name, name, number, name == filters.tag)
        for name, number in sorted(most[:MAX_TAGS_SHOWN])
    ]
