"""Changes tags: puts them on results and takes them off; renames and removes them in a project."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction
from django.utils import timezone

from accounts import audit
from fal.db_safe import db_safe_text
from library.models import Tag, TaggedResult
from library.models.tag import MAX_TAG_CHARS
from library.selection import Chosen, Refused, Selection, choose
from projects.models import Project
from runs.models import Run

if TYPE_CHECKING:
    import uuid

    from django.contrib.auth.models import User

    from runs.models.querysets import RunQuerySet

MAX_AT_ONCE = 20
MAX_IN_PROJECT = 2000
KEPT_AFTER_REMOVAL = timedelta(days=1)


class Renamed(NamedTuple):
    """A tag under its new name; `is_joined` if the project had that one already."""

    tag: Tag
    is_joined: bool


def read(typed: str) -> tuple[str, ...]:
    """Return the names in a text, separated by commas, once each; raises Refused with why.

    In lower case, without the “#” and the quotation marks that people write around them.
    """
    tidied = (" ".join(name.split()).lower() for name in _without_marks(typed).split(","))
    names = tuple(dict.fromkeys(name for name in tidied if name))
    if not names:
        raise Refused("Write a tag: one word or several, with commas between tags.")
    if len(names) > MAX_AT_ONCE:
        raise Refused(f"There are {len(names)} tags; add at most {MAX_AT_ONCE} at once.")
    if long := next((name for name in names if len(name) > MAX_TAG_CHARS), ""):
        raise Refused(f"Keep a tag to {MAX_TAG_CHARS} characters: “{long[:MAX_TAG_CHARS]}…”.")
    return names


def _without_marks(typed: str) -> str:
    composed = unicodedata.normalize("NFC", db_safe_text(typed))
    return composed.translate(str.maketrans("", "", '#"“”„'))


def taggable_by(user: User) -> RunQuerySet:
    """Return the runs whose results the user may tag: as a maker, in projects that are not kept."""
    return Run.objects.kept().changeable_by(user).filter(project__archived_at=None)


def put_on(user: User, selection: Selection, names: Collection[str]) -> Chosen:
    """Tag the chosen results, each in its run's project; returns them.

    Raises Refused if a project would have too many tags.
    """
    chosen = choose(selection, taggable_by(user))
    projects = dict(Run.objects.filter(pk__in=chosen.run_keys).values_list("pk", "project_id"))
    with transaction.atomic():
        tags = {project: _tags(project, names) for project in set(projects.values())}
        TaggedResult.objects.bulk_create(
            (
                TaggedResult(tag=tag, run_id=result.run, position=result.position)
                for result in chosen.results
                for tag in tags[projects[result.run]]
            ),
            ignore_conflicts=True,
            batch_size=1000,
        )
    return chosen


def take_off(user: User, selection: Selection, names: Collection[str]) -> Chosen:
    """Take tags off the chosen results; returns them, whether or not they had one."""
    chosen = choose(selection, taggable_by(user))
    results = set(chosen.results)
    tagged = TaggedResult.objects.filter(run__in=chosen.run_keys, tag__name__in=names)
    rows = tagged.values_list("pk", "run_id", "position")
    off = [pk for pk, run, position in rows if (run, position) in results]
    TaggedResult.objects.filter(pk__in=off).delete()
    return chosen


def rename(tag: Tag, name: str, by: User) -> Renamed:
    """Give a tag another name; where the project has that one already, the two become one."""
    with transaction.atomic():
        (other,) = _tags(tag.project_id, (name,))
        if other.pk == tag.pk:
            return Renamed(tag, is_joined=False)
        is_joined = other.results.exists()
        _hand_over(tag, other)
        audit.record(by, "renamed", [other])
        tag.delete()
    return Renamed(other, is_joined)


def remove(tag: Tag, by: User) -> None:
    """Remove a tag from its project and all results; it can be restored for a day."""
    long_ago = timezone.now() - KEPT_AFTER_REMOVAL
    with transaction.atomic():
        Tag.objects.filter(project=tag.project_id, removed_at__lt=long_ago).delete()
        tag.removed_at = timezone.now()
        tag.save(update_fields=["removed_at"])
        audit.record(by, "deleted", [tag])


def restore(tag: Tag, by: User) -> None:
    """Undo a removal: the tag is on the results again that had it."""
    with transaction.atomic():
        tag.removed_at = None
        tag.save(update_fields=["removed_at"])
        audit.record(by, "restored", [tag])


def follow_runs(runs: Collection[uuid.UUID], target: Project) -> None:
    """Give results that were moved to a project their tags there as well."""
    stray = TaggedResult.objects.filter(run__in=runs, run__project=target)
    stray = stray.exclude(tag__project=target)
    rows = list(stray.filter(tag__removed_at=None).select_related("tag"))
    names = {row.tag.name for row in rows}
    by_name = {tag.name: tag for tag in _tags(target.pk, sorted(names), is_bounded=False)}
    _repeat(rows, by_name)
    TaggedResult.objects.filter(pk__in=[row.pk for row in rows]).delete()


def _hand_over(tag: Tag, to: Tag) -> None:
    _repeat(tag.results.select_related("tag"), {tag.name: to})


def _repeat(rows: Iterable[TaggedResult], by_name: dict[str, Tag]) -> None:
    """Put on the results of these rows the tag that stands for each row's."""
    TaggedResult.objects.bulk_create(
        (
            TaggedResult(tag=by_name[row.tag.name], run_id=row.run_id, position=row.position)
            for row in rows
        ),
        ignore_conflicts=True,
        batch_size=1000,
    )


def _tags(project: int, names: Collection[str], *, is_bounded: bool = True) -> list[Tag]:
    """Return a project's tags of these names; those that it does not have yet are made.

    One that was removed begins anew, on no result.
    """
    removed = Tag.objects.filter(project=project, name__in=names).exclude(removed_at=None)
    removed.delete()
    there = {tag.name for tag in Tag.objects.filter(project=project, name__in=names)}
    new = [name for name in names if name not in there]
    if is_bounded and new and _number_in(project) + len(new) > MAX_IN_PROJECT:
        raise Refused(
            f"The project would have more than {MAX_IN_PROJECT:,} tags. Use one of those it has, "
            "or remove some."
        )
    Tag.objects.bulk_create(
        (Tag(project_id=project, name=name) for name in new), ignore_conflicts=True
    )
    return list(Tag.objects.filter(project=project, name__in=names))


def _number_in(project: int) -> int:
    return Tag.objects.filter(project=project).count()
