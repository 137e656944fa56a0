"""Adds, removes and moves the items of a series, which is found or created by its name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django import forms
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from core.forms import LineField
from core.refusals import Refused
from features.library.models import Series, SeriesItem
from features.library.models.series import MAX_CAPTION_CHARS, MAX_NAME_CHARS
from features.library.selection import SelectedResults, Selection, choose
from projects import roles
from runs.files import uploads
from runs.models import Run, Upload
from runs.records import counting

if TYPE_CHECKING:
    import uuid

    from django.contrib.auth.models import User

    from projects.models import Project
    from runs.models.querysets import RunQuerySet

MAX_ITEMS = 500
KEPT_AFTER_REMOVAL = timedelta(days=1)


def present() -> QuerySet[SeriesItem]:
    """Return the items of all series, without those that were taken out."""
    return SeriesItem.objects.filter(removed_at=None)


def items_of(series: Series) -> QuerySet[SeriesItem]:
    """Return the items of a series in order."""
    return present().filter(series=series)


def addable(user: User, series: Series) -> RunQuerySet:
    """Return the runs whose results may go into a series: everybody who sees it may read them.

    In a private project, those that the user may read.
    """
    readable = Run.objects.readable_by(user)
    if series.project.is_private:
        return readable
    return readable.filter(pk__in=Run.objects.readable_with(series).order_by().values("pk"))


def add(user: User, series: Series, selection: Selection) -> SelectedResults:
    """Put what is chosen at the end of a series; what it has already stays in place.

    Raises Refused if it would have too many.
    """
    selected = choose(selection, addable(user, series))
    results = [
        SeriesItem(series=series, run_id=result.run, position=result.position)
        for result in selected.results
    ]
    append(series, results)
    if not selection.uploads:
        return selected
    files = list(Upload.objects.kept().shown_to(user).filter(pk__in=selection.uploads))
    add_uploads(user, series, files)
    return replace(
        selected,
        uploads=files,
        out_of_reach=selected.out_of_reach + len(selection.uploads) - len(files),
    )


def add_uploads(
    user: User,
    series: Series,
    files: Sequence[Upload],
    captions: Mapping[uuid.UUID, str] | None = None,
) -> None:
    """Put uploads that the user may read at the end of a series; its own stay in place.

    Those of other people or projects become uploads of the user in its project. `captions` are by
    the key of an upload. Raises Refused if it would have too many.
    """
    captions = captions or {}
    new_items = []
    for file in files:
        upload = uploads.of_upload(user.pk, series.project, file)
        caption = captions.get(file.pk, "")[:MAX_CAPTION_CHARS]
        new_items.append(
            SeriesItem(series=series, upload=upload, file_name=file.file_name, caption=caption)
        )
    append(series, new_items)
    uploads.show_with(series, [item.upload.get_absolute_url() for item in new_items if item.upload])


def append(series: Series, new_items: Sequence[SeriesItem]) -> None:
    """Write new items, results or uploads, at the end; one that was taken out returns there.

    Raises Refused if the series would have too many.
    """
    if not new_items:
        return
    identified_by = ["upload", "file_name"] if new_items[0].upload_id else ["run", "position"]
    with transaction.atomic():
        Series.objects.select_for_update().get(pk=series.pk)
        present_keys = {(item.key, item.file_name) for item in items_of(series)}
        by_key = {(item.key, item.file_name): item for item in new_items}
        added = {key: item for key, item in by_key.items() if key not in present_keys}
        _require_room(series, len(present_keys), len(added))
        last = series.items.aggregate(last=Max("place"))["last"]
        for place, item in enumerate(added.values(), 0 if last is None else last + 1):
            item.place = place
        SeriesItem.objects.bulk_create(
            added.values(),
            update_conflicts=True,
            unique_fields=["series", *identified_by],
            update_fields=["place", "removed_at"],
        )
        series.save(update_fields=["changed_at"])
        counting.touch(item.run_id for item in added.values() if item.run_id)


def _require_room(series: Series, present_count: int, new_count: int) -> None:
    if present_count + new_count > MAX_ITEMS:
        raise Refused(
            f"A series holds at most {MAX_ITEMS:,} results and files; “{series.name}” has "
            f"{present_count:,} and {new_count:,} would be added. Choose fewer, or create another "
            "series."
        )


def remove(series: Series, keys: Collection[int]) -> datetime | None:
    """Remove items; returns the moment, which `put_back` needs, or None if there were none."""
    now = timezone.now()
    with transaction.atomic():
        series.items.filter(removed_at__lt=now - KEPT_AFTER_REMOVAL).delete()
        if not items_of(series).filter(pk__in=keys).update(removed_at=now):
            return None
        series.save(update_fields=["changed_at"])
        removed = series.items.filter(removed_at=now).exclude(run=None)
        counting.touch(removed.values_list("run_id", flat=True))
    return now


def put_back(series: Series, at: datetime) -> int:
    """Undo the removal at this moment: items return to their places; returns how many.

    Raises Refused if the series would have too many.
    """
    with transaction.atomic():
        Series.objects.select_for_update().get(pk=series.pk)
        removed = series.items.filter(removed_at=at)
        _require_room(series, items_of(series).count(), removed.count())
        run_ids = list(removed.exclude(run=None).values_list("run_id", flat=True))
        number = removed.update(removed_at=None)
        series.save(update_fields=["changed_at"])
        counting.touch(run_ids)
    return number


def move(series: Series, key: int, *, before: int | None) -> bool:
    """Move an item before another one, or to the end; False if either is missing."""

    def moved(order: list[int]) -> list[int] | None:
        other_keys = [pk for pk in order if pk != key]
        if len(other_keys) == len(order) or (before is not None and before not in other_keys):
            return None
        at = len(other_keys) if before is None else other_keys.index(before)
        return [*other_keys[:at], key, *other_keys[at:]]

    return _reorder(series, moved)


def step(series: Series, key: int, by: int) -> bool:
    """Move an item `by` places on, or back if negative; False if it is missing."""

    def stepped(order: list[int]) -> list[int] | None:
        if key not in order:
            return None
        at = max(0, order.index(key) + by)
        other_keys = [pk for pk in order if pk != key]
        return [*other_keys[:at], key, *other_keys[at:]]

    return _reorder(series, stepped)


def _reorder(series: Series, change: Callable[[list[int]], list[int] | None]) -> bool:
    """Reorder the items with `change`, which takes and returns keys, or None to do nothing."""
    with transaction.atomic():
        Series.objects.select_for_update().get(pk=series.pk)
        items = {item.pk: item for item in items_of(series)}
        order = change([*items])
        if order is None:
            return False
        for place, pk in enumerate(order):
            items[pk].place = place
        SeriesItem.objects.bulk_update(items.values(), ["place"])
        series.save(update_fields=["changed_at"])
    return True


def set_cover(series: Series, key: int) -> bool:
    """Make an item the cover; False if it is not in the series."""
    series.cover = items_of(series).filter(pk=key).first()
    if series.cover is None:
        return False
    series.save(update_fields=["cover", "changed_at"])
    return True


class NameForm(forms.Form):
    """The name of an existing or a new series."""

    named = LineField(
        label="A new series",
        max_length=MAX_NAME_CHARS,
        required="Give the series a name.",
        widget=forms.TextInput({"placeholder": "Poster, second round"}),
    )


def find_or_create(user: User, project: Project, form: NameForm) -> Series:
    """Return the project's series with the typed name in any case, or a new one.

    Raises PermissionDenied if the user is not a maker of the project, and Refused if the name is
    invalid or the project has too many series.
    """
    if not form.is_valid():
        raise Refused(*form.errors["named"])
    name = form.cleaned_data["named"]
    roles.require_maker(user, project)
    existing = Series.objects.taking_results_of(user).filter(project=project).called(name).first()
    if existing:
        return existing
    Series.objects.require_room(project)
    hides = project.hides_new_runs
    return Series.objects.create(user=user, project=project, name=name, is_hidden=hides)
