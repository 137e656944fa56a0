"""The wall of results and the list of runs: one page with filters."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.limits.rate_limit import limit
from core.db.prepared_queries import custom_plans
from core.http.caching import no_store
from core.http.htmx import HtmxRequest
from core.http.parameters import parse_key, parse_moment
from features.library.search import indexing
from features.library.search.conditions import KEYS, STATE
from features.library.selection import MOST_FILES
from features.library.wall import facets, grouping, layout, sections, uploads, views
from features.library.wall.filters import MAX_NEWER, Filters, next_page, with_line
from features.library.wall.suggestions import interpretation, suggest
from playground.display import history
from playground.display.wall import NOT_SHOWN
from projects import current
from projects.kept.models import GRACE
from runs.files import upload_deletion
from runs.models.querysets import RunQuerySet
from runs.ownership import deletion

LIST_PAGE = 30
MAX_FOUND = MOST_FILES  # runs that are counted, and fit into one selection
# Input and output are private: no browser may keep a copy past a logout.


@require_safe
@no_store
def index(request: HtmxRequest) -> HttpResponse:
    """Show the runs, newest first, as a wall of results or as a list; the line is in the address.

    `?as=wall` or `list` chooses, and the session remembers it. Failed and deleted runs are always
    a list.
    """
    view = views.named(request)
    filters = Filters.from_query(request.GET, view.line if view else "")
    with custom_plans():
        context = {
            "filters": filters,
            "all_projects": current.is_of_all_projects(request),
            "undo": _undo(request, filters),
            "grace_days": GRACE.days,
            "view": view,
            "listed_query": _listed_query(request),
            **(_uploads_page if filters.is_of_uploads else _runs_page)(request, filters),
            **({} if request.htmx else _narrowing(request, filters)),
        }
    if facets.SHOWN in request.GET:  # without script; a script loads them when they are opened
        context["facets"] = _facets(request, filters)
    return render(request, "features/library/wall/index.html", context)


def _runs_page(request: HtmxRequest, filters: Filters) -> dict[str, Any]:
    """Return the runs of this page, and the address of the next one."""
    is_wall = layout.shows(request, filters)
    runs = filters.matching_runs(request)
    has_state = bool(filters.line.values(STATE))
    matching = layout.runs_to_show(runs, has_state=has_state) if is_wall else runs.recent()
    shows_people = filters.is_deleted or filters.is_anybodys(request)
    if shows_people or current.is_of_shared_project(request):
        matching = matching.select_related("user", "deleted_by")
    name = grouping.chosen(request)
    by = grouping.GROUPINGS[name]
    tools = {"is_wall": is_wall, "grouping": name, "groupings": grouping.GROUPINGS}
    if is_wall and by.is_gathered:
        return tools | _gathered(request, filters, matching, by)
    page_runs, place = _rows_of_page(request, filters, matching, is_wall=is_wall)
    page_sections: list[sections.Section] = []
    if is_wall:
        above = sections.row_above(matching, filters.before)
        page_sections = sections.consecutive(request.user, page_runs, by, above)
    return {
        **tools,
        **place,
        "sections": [(section, "") for section in page_sections],
        "runs": [] if is_wall else history.rows_for(request.user, page_runs),
        "since": history.newest_moment([] if filters.before else page_runs),
        "is_unfinished": any(not run.is_final for run in page_runs),
    }


def _uploads_page(request: HtmxRequest, filters: Filters) -> dict[str, Any]:
    """Return the uploads of this page, and the address of the next one.

    The largest first are one page: what is deleted makes room for the next.
    """
    matching = filters.matching_uploads(request).select_related("user")
    is_by_size = request.GET.get(uploads.ORDER) == uploads.BY_SIZE
    if is_by_size:
        largest = list(matching.order_by("-size_bytes", "pk")[: sections.PAGE])
        tiles = uploads.tiles(request.user, largest)
        page_sections = [sections.Section("", tiles, grouping.Group(None, ""))] if tiles else []
        place = {"last": "", "more": ""}
    else:
        newest = matching.order_by("-created_at", "pk")
        page_uploads, place = _rows_of_page(request, filters, newest, is_wall=True)
        above = sections.row_above(matching, filters.before)
        by_day = grouping.GROUPINGS[grouping.DAY]
        page_sections = sections.consecutive(
            request.user, page_uploads, by_day, above, uploads.tiles
        )
    return {
        **place,
        "is_wall": True,
        "is_by_size": is_by_size,
        "sections": [(section, "") for section in page_sections],
    }


def _rows_of_page(
    request: HtmxRequest, filters: Filters, matching: QuerySet[Any], *, is_wall: bool
) -> tuple[list[Any], dict[str, str]]:
    """Return the rows of this page; and when its last one was created, and the next page."""
    below = filters.below(matching)
    size = sections.PAGE if is_wall else LIST_PAGE
    if is_wall and filters.until:  # the user returns to the former position
        returned = below.filter(created_at__gte=filters.until).order_by()
        size = max(size, min(returned.count(), sections.MOST_RETURNED))
    rows = list(below[: size + 1])
    page_rows = rows[:size]
    last = page_rows[-1].created_at.isoformat() if page_rows else ""
    more = next_page(request, before=last) if len(rows) > size else ""
    return page_rows, {"last": last, "more": more}


def _gathered(
    request: HtmxRequest, filters: Filters, matching: RunQuerySet, by: grouping.Grouping
) -> dict[str, Any]:
    """Return a page of groups, each with its newest runs and the address of all of them."""
    first = parse_key(request.GET.get("groups", "")) or 0
    page = sections.gathered(request.user, matching, by, min(first, sections.LOOKED_AT))
    runs = [stack.run for section in page.sections for stack in section.stacks]
    runs.sort(key=lambda run: run.created_at, reverse=True)
    next_group = str(page.next_group)
    return {
        "sections": [
            (section, _address(request, filters, section.group)) for section in page.sections
        ],
        "is_gathered": True,
        "is_cut": page.is_cut and not page.next_group,
        "looked_at": sections.LOOKED_AT,
        "more": next_page(request, groups=next_group) if page.next_group else "",
        "since": history.newest_moment([] if first else runs),
        "is_unfinished": any(not run.is_final for run in runs),
    }


def _address(request: HtmxRequest, filters: Filters, group: grouping.Group) -> str:
    """Return the address of a whole group; empty for runs without a group."""
    if not group.word:
        return group.address
    return f"{with_line(request, filters.line.with_word(group.word))}&{grouping.BY_DAY_ONCE}"


def _narrowing(request: HtmxRequest, filters: Filters) -> dict[str, Any]:
    """Return the context around the line: its interpretation, and views.

    Parts of the wall that load while scrolling do not need it.
    """
    return {
        "interpretation": interpretation(request, filters.line),
        "views": views.offered(request),
        "keys": KEYS.values(),
        "unindexed": indexing.waiting() if filters.is_narrow else 0,
        "cleared": with_line(request, ""),
    }


def _facets(request: HtmxRequest, filters: Filters) -> list[facets.Facet]:
    if filters.is_of_uploads:
        return facets.facets_of_uploads(request, filters.line, filters.matching_uploads(request))
    left_out = NOT_SHOWN if layout.shows(request, filters) else ()
    with custom_plans():
        rows = filters.counted(filters.matching_runs(request), request)
        return facets.facets(request, filters.line, rows, left_out)


def _listed_query(request: HtmxRequest) -> str:
    """Return the query of this list with its project, as another tab may choose another one."""
    query = request.GET.copy()
    query[current.PARAMETER] = current.current(request).key
    return query.urlencode()


def _undo(request: HtmxRequest, filters: Filters) -> dict[str, Any]:
    """Return the time and size of the deletion in the address, for an undo button."""
    at = parse_moment(request.GET.get("deleted", ""))
    if at is None:
        return {}
    if filters.is_of_uploads:
        noun, recovery = "upload", "library:uploads-recovery"
        count = upload_deletion.restorable(request.user).filter(deleted_at=at).count()
    else:
        noun, recovery = "run", "playground:runs-recovery"
        deleted = deletion.restorable(request.user).filter(deleted_by=request.user, deleted_at=at)
        count = deleted.count()
    return {"at": at.isoformat(), "count": count, "noun": noun, "recovery": recovery}


@limit("search")
@require_safe
@no_store
def suggestions(request: HtmxRequest) -> HttpResponse:
    """Render completions of the last piece of the line in `q`, as options of a list."""
    suggested = suggest(request, request.GET.get("q", ""))
    return render(request, "features/library/wall/_suggestions.html", {"suggestions": suggested})


@require_safe
@no_store
def newer(request: HtmxRequest) -> HttpResponse:
    """Render how many matching runs are newer than the list; 204 if there are none."""
    filters = views.filters(request)
    since = parse_moment(request.GET.get("since", "")) or timezone.now()
    with custom_plans():
        count = filters.matching_runs(request).filter(created_at__gt=since)[:MAX_NEWER].count()
    if not count:
        return HttpResponse(status=204)
    context = {"count": count, "is_more": count == MAX_NEWER}
    return render(request, "features/library/wall/_new_runs_link.html", context)


@require_safe
@no_store
def narrowing(request: HtmxRequest) -> HttpResponse:
    """Render the facets of the listed runs; each value links to its runs."""
    context = {"facets": _facets(request, views.filters(request))}
    return render(request, "features/library/wall/_facets.html", context)


@require_safe
@no_store
def count(request: HtmxRequest) -> HttpResponse:
    """Render the number of runs on all pages of the list."""
    with custom_plans():
        # Ordered by time: so the database reads this many runs by an index, not the whole table.
        number = layout.all_found(request).order_by("-created_at")[: MAX_FOUND + 1].count()
    context = {"count": min(number, MAX_FOUND), "is_more": number > MAX_FOUND}
    return render(request, "features/library/wall/_found.html", context)
