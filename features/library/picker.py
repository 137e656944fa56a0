"""What the picker offers for a field: results, uploads and series of a project, and what is in one.

A page below the library links to it by its address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from core.formatting import counted
from core.http.parameters import page_number, parse_uuid, search_words
from features.library.models import Series
from features.library.series import display, items
from projects import current
from runs.files import uploads
from runs.files.uploads import PAGE_SIZE, Choice, Choices
from runs.models import Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.models import User
    from django.http import HttpRequest

    from features.library.models.series import SeriesQuerySet

RESULTS, UPLOADS, SERIES = "results", "uploads", "series"
LISTS = {RESULTS: uploads.results, UPLOADS: uploads.uploads}


def source_of(request: HttpRequest, default: str) -> str:
    """Return the list that a request asks for."""
    source = request.GET.get("from", "")
    return source if source in {RESULTS, UPLOADS, SERIES} else default


def offer(request: HttpRequest, source: str, kind: str | Sequence[str]) -> dict[str, Any]:
    """Return the context of one page of a list; `opened` is the series that `?series=` names."""
    user, project, query = (
        cast("User", request.user),
        current.current(request),
        search_words(request),
    )
    page, opened = page_number(request.GET.get("page", "")), None
    if source != SERIES:
        choices = LISTS[source](user, kind, query, page, project)
    else:
        rows = in_project(request)
        opened = rows.filter(pk=parse_uuid(request.GET.get("series", ""))).first()
        choices = in_series(user, opened, kind) if opened else _series(user, rows, query, page)
    return {"choices": choices, "source": source, "q": query, "opened": opened}


def in_project(request: HttpRequest) -> SeriesQuerySet:
    """Return the series of the request's project."""
    return Series.objects.kept().in_project(current.current(request), request.user)


def in_series(user: User, series: Series, kind: str | Sequence[str]) -> Choices:
    """Return all that a series has for a field of this kind, in its order."""
    rows = list(items.items_of(series))
    readable = Run.objects.readable_by(user).filter(pk__in={row.run_id for row in rows})
    results = uploads.results_of_kind(kind).filter(run__in=readable.order_by().values("pk"))
    by_key = {(result.run_id, result.position): result for result in results}
    found = [by_key[key] for row in rows if (key := (row.run_id, row.position)) in by_key]
    return Choices([uploads.artifact_choice(result) for result in found], 1, has_next=False)


def _series(user: User, rows: SeriesQuerySet, query: str, page: int) -> Choices:
    """Return one page of series, with their covers."""
    first = (page - 1) * PAGE_SIZE
    found = rows.with_words(query).values_list("pk", flat=True)
    keys = list(found[first : first + PAGE_SIZE + 1])
    offered = []
    for card in display.cards(user, rows.filter(pk__in=keys[:PAGE_SIZE])):
        still = card.cover.piece.still if card.cover and card.cover.piece else ""
        note = counted(card.number, "result")
        offered.append(Choice(str(card.series.pk), "", card.series.name, note, "image", still))
    return Choices(offered, page, len(keys) > PAGE_SIZE)
