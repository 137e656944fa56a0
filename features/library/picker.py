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
    """Return the context of one page of a list of files for a field of this kind."""
    user, project, query = (
        cast("User", request.user),
        current.current(request),
        search_words(request),
    )
    page = page_number(request.GET.get("page", ""))
    if source == SERIES:
        choices = _series(user, in_project(request), query, page)
    else:
        choices = LISTS[source](user, kind, query, page, project)
    return {"choices": choices, "source": source, "q": query}


def opened(request: HttpRequest, kind: str) -> dict[str, Any]:
    """Return the context of the contents of the series that `?series=` names; empty without it."""
    pk = parse_uuid(request.GET.get("series", ""))
    series = in_project(request).filter(pk=pk).first() if pk else None
    if series is None:
        return {}
    choices = in_series(cast("User", request.user), series, kind)
    return {"choices": choices, "source": SERIES, "q": "", "opened": series}


def in_project(request: HttpRequest) -> SeriesQuerySet:
    """Return the series of the request's project."""
    return Series.objects.kept().in_project(current.current(request), request.user)


def in_series(user: User, series: Series, kind: str) -> Choices:
    """Return all that a series has for a field of this kind, in its order."""
    rows = list(items.items_of(series))
    runs = Run.objects.readable_by(user).filter(pk__in={row.run_id for row in rows})
    results = uploads.results_of_kind(kind).filter(run__in=runs.order_by().values("pk"))
    files = uploads.uploads_of_kind(kind).shown_to(user)
    by_key: dict[Any, Choice] = {
        (result.run_id, result.position): uploads.artifact_choice(result) for result in results
    }
    for file in files.filter(pk__in=[row.upload_id for row in rows if row.upload_id]):
        by_key[file.pk] = uploads.upload_choice(file)
    keys = (row.upload_id or (row.run_id, row.position) for row in rows)
    return Choices([by_key[key] for key in keys if key in by_key], 1, has_next=False)


def _series(user: User, rows: SeriesQuerySet, query: str, page: int) -> Choices:
    """Return one page of series, with their covers."""
    first = (page - 1) * PAGE_SIZE
    found = rows.with_words(query).values_list("pk", flat=True)
    keys = list(found[first : first + PAGE_SIZE + 1])
    offered = []
    for card in display.cards(user, rows.filter(pk__in=keys[:PAGE_SIZE])):
        still = card.cover.tile.still if card.cover else ""
        note = counted(card.number, "file")
        offered.append(Choice(str(card.series.pk), "", card.series.name, note, "image", still))
    return Choices(offered, page, len(keys) > PAGE_SIZE)
