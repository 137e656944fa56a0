"""The picker: offers results, uploads and series of a project, and what is in one, for a field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.formatting import counted
from core.http.caching import no_store
from core.http.parameters import page_number, parse_uuid, search_words
from features.library.models import Series
from features.library.series import display, items
from projects import current
from runs.files import uploads
from runs.files.uploads import PAGE_SIZE, Choice, Choices
from runs.models import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.contrib.auth.models import User

    from core.http.htmx import HtmxRequest
    from features.library.models.series import SeriesQuerySet

KINDS = {*uploads.KINDS, "weights", "archive"}
RESULTS, UPLOADS, SERIES = "results", "uploads", "series"
LISTS: dict[str, Callable[..., Choices]] = {RESULTS: uploads.results, UPLOADS: uploads.uploads}


@require_safe
@no_store
def choices(request: HtmxRequest) -> HttpResponse:
    """Render the dialog for a field of `?kind=`: a list, or the contents of `?series=`."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else "file"
    context = _opened(request, kind) or offer(request, source_of(request, RESULTS), kind)
    return render(request, "playground/media/picker.html", context | {"kind": kind})


def source_of(request: HtmxRequest, default: str) -> str:
    """Return the list that a request asks for."""
    source = request.GET.get("from", "")
    return source if source in {RESULTS, UPLOADS, SERIES} else default


def offer(request: HtmxRequest, source: str, kind: str | Sequence[str]) -> dict[str, Any]:
    """Return the context of one page of a list of files for a field of this kind."""
    query, page = search_words(request), page_number(request.GET.get("page", ""))
    if source == SERIES:
        choices = _series(request.user, in_project(request), query, page)
    else:
        choices = LISTS[source](request.user, kind, query, page, current.current(request))
    return {"choices": choices, "source": source, "q": query}


def _opened(request: HtmxRequest, kind: str) -> dict[str, Any]:
    pk = parse_uuid(request.GET.get("series", ""))
    series = in_project(request).filter(pk=pk).first() if pk else None
    if series is None:
        return {}
    choices = _in_series(request.user, series, kind)
    return {"choices": choices, "source": SERIES, "q": "", "opened": series}


def in_project(request: HtmxRequest) -> SeriesQuerySet:
    """Return the series of the request's project."""
    return Series.objects.kept().in_project(current.current(request), request.user)


def _in_series(user: User, series: Series, kind: str) -> Choices:
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
    matching_keys = rows.with_words(query).values_list("pk", flat=True)
    keys = list(matching_keys[first : first + PAGE_SIZE + 1])
    offered = []
    for card in display.cards(user, rows.filter(pk__in=keys[:PAGE_SIZE])):
        still = card.cover.tile.still if card.cover else ""
        note = counted(card.number, "file")
        offered.append(Choice(str(card.series.pk), "", card.series.name, note, "image", still))
    return Choices(offered, page, len(keys) > PAGE_SIZE)
