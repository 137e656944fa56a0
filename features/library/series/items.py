"""Adds, removes and moves the results of a series, which is found or created by its name."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django import forms
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from core.formatting import counted
from core.forms import LineField
from core.refusals import Refused
from features.library.models import Series, SeriesItem
from features.library.models.series import MAX_NAME_CHARS
from features.library.selection import SelectedResults, Selection, choose
from projects import roles
from runs.models import Run
from runs.records import counting

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from projects.models import Project
    from runs.models.querysets import RunQuerySet

MAX_ITEMS = 500
KEPT_AFTER_REMOVAL = timedelta(days=1)


def items_of(series: Series) -> QuerySet[SeriesItem]:
    """Return the items of a series in order."""
    return series.items.filter(removed_at=None)


def addable(user: User, series: Series) -> RunQuerySet:
    """Return the runs whose results may go into a series: everybody who sees it may read them.

    In a private project, those that the user may read.
    """
    readable = Run.objects.readable_by(user)
    if series.project.is_private:
        return readable
    return readable.filter(pk__in=Run.objects.readable_with(series).order_by().values("pk"))


def add(user: User, series: Series, selection: Selection) -> SelectedResults:
    """Put the chosen results at the end of a series; its own results stay in place.

    Raises Refused if it would have too many.
    """
    selected = choose(selection, addable(user, series))
    with transaction.atomic():
        Series.objects.select_for_update().get(pk=series.pk)
        present_results = set(items_of(series).values_list("run_id", "position"))
        new = [result for result in selected.results if result not in present_results]
        _require_room(series, len(present_results), len(new))
        last = series.items.aggregate(last=Max("place"))["last"]
        first = 0 if last is None else last + 1
        SeriesItem.objects.bulk_create(
            (
                SeriesItem(series=series, run_id=result.run, position=result.position, place=place)
                for place, result in enumerate(new, first)
            ),
            update_conflicts=True,  # a removed item returns, at the end
            unique_fields=["series", "run", "position"],
            update_fields=["place", "removed_at"],
        )
        series.save(update_fields=["changed_at"])
        counting.touch(result.run for result in new)
    return selected


def _require_room(series: Series, present: int, new: int) -> None:
    if present + new > MAX_ITEMS:
        raise Refused(
            f"A series holds at most {counted(MAX_ITEMS, 'result')}; “{series.name}” has "
            f"{present:,} and {new:,} would be added. Choose fewer, or create another series."
        )


def remove(series: Series, keys: Collection[int]) -> datetime | None:
    """Remove items; returns the moment, which `put_back` needs, or None if there were none."""
    now = timezone.now()
    with transaction.atomic():
        series.items.filter(removed_at__lt=now - KEPT_AFTER_REMOVAL).delete()
        if not items_of(series).filter(pk__in=keys).update(removed_at=now):
            return None
        series.save(update_fields=["changed_at"])
        counting.touch(series.items.filter(removed_at=now).values_list("run_id", flat=True))
    return now


def put_back(series: Series, at: datetime) -> int:
    """Undo the removal at this moment: items return to their places; returns how many.

    Raises Refused if the series would have too many.
    """
    with transaction.atomic():
        Series.objects.select_for_update().get(pk=series.pk)
        removed = series.items.filter(removed_at=at)
        _require_room(series, items_of(series).count(), removed.count())
        run_ids = list(removed.values_list("run_id", flat=True))
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
