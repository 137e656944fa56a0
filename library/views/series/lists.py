"""The list of series, and beginning one."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from accounts.limits.rate_limit import limit
from core.http.parameters import page_number, parse_uuid
from fal.db_safe import db_safe_text
from library.models import Series
from library.selection import Refused
from library.series import saving, shown
from playground.display.navigation.destinations import having
from projects import current, roles

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

LISTED = 48
MAX_WORDS_CHARS = 200
no_store = cache_control(private=True, no_store=True)


@limit("search")
@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def index(request: HtmxRequest) -> HttpResponseBase:
    """List the project's series, or one's own of all projects; a POST begins one, `name`."""
    project = current.current(request)
    refusal = roles.refusal_to_make(request.user, project)
    if request.method != "POST":
        return _page(request, refusal)
    if refusal:
        return _page(request, refusal, status=HTTPStatus.FORBIDDEN)
    try:
        name = saving.read_name(request.POST.get("name", ""))
        is_hidden = request.POST.get("used_by") == "me"
        series = saving.create(request.user, project, name, is_hidden=is_hidden)
    except Refused as refused:
        return _page(request, error=str(refused), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return redirect(series)


def _page(
    request: HtmxRequest, refusal: str = "", error: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    words = db_safe_text(request.GET.get("q", "")).strip()[:MAX_WORDS_CHARS]
    rows = current.listed(Series.objects.kept(), request).filter(having("name", words.split()))
    page = Paginator(rows, LISTED).get_page(page_number(request.GET.get("page", "")))
    keys = [row.pk for row in page.object_list]
    project = current.current(request)
    context = {
        "page": page,
        "cards": shown.cards(request.user, Series.objects.filter(pk__in=keys)),
        "words": words,
        "error": error,
        "typed": request.POST.get("name", ""),
        "deleted": parse_uuid(request.GET.get("deleted", "")),
        "may_hide": not project.is_private,
        "is_hidden": project.hides_new_runs,
        "all_projects": current.is_of_all_projects(request),
        "why_not": refusal,
    }
    return render(request, "library/series/index.html", context, status=status)
