"""The page that lists what a project will delete soon."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.http.caching import no_store
from core.http.parameters import page_of
from house.operations.models import Announcement
from house.operations.retention import walk
from house.operations.retention.kinds import KINDS
from playground.display import history
from projects import roles
from projects.views.lookup import of_member
from runs.models.querysets import RunQuerySet

if TYPE_CHECKING:
    from django.http import HttpResponse

    from core.http.htmx import HtmxRequest

MOST = 2000  # of a kind; if there are more, the page shows the first
ON_A_PAGE = 60


class Part(NamedTuple):
    """An announcement, a page of its rows, and the number of rows that their makers hide."""

    announcement: Announcement
    sentence: str
    keep: str
    page: Any
    rows: Any
    hidden: int


@no_store
@require_safe
def going(request: HtmxRequest, slug: str) -> HttpResponse:
    """List exactly what is announced, for the project's managers; `page` applies to each list."""
    project = of_member(request, slug)
    roles.require_manager(request.user, project)
    announced = Announcement.objects.filter(project=project).select_related("project")
    parts = [_part(request, row) for row in announced.order_by("goes_at", "pk")]
    return render(
        request, "house/operations/going.html", {"this_project": project, "groups": parts}
    )


def _part(request: HtmxRequest, row: Announcement) -> Part:
    kind = KINDS[row.kind]
    batches = walk.batches(kind, row.project, row.before)
    keys = list(islice((pk for due_keys in batches for pk in kind.free(due_keys)), MOST))
    rows: Any = kind.model._default_manager.all()
    rows = rows.recent() if isinstance(rows, RunQuerySet) else rows
    visible_rows = rows.shown_to(request.user).filter(pk__in=keys).order_by("created_at", "pk")
    page = page_of(request, visible_rows, ON_A_PAGE)
    page_rows = page.object_list
    if isinstance(rows, RunQuerySet):
        page_rows = history.rows_for(request.user, page_rows)
    return Part(
        row, walk.sentence(row), kind.keep, page, page_rows, len(keys) - page.paginator.count
    )
