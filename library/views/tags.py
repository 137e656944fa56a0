"""The tags of a project: how many results each has, renamed and removed."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from accounts.limits.rate_limit import limit
from core.http.parameters import parse_key
from fal.db_safe import db_safe_text
from library.models import Tag
from library.selection import Refused
from library.tags import editing, listing
from projects import current, roles
from runs.models import Run

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest
    from library.models.tag import TagQuerySet

MAX_WORDS_CHARS = 200
no_store = cache_control(private=True, no_store=True)


@limit("search")
@require_safe
@no_store
def index(request: HtmxRequest) -> HttpResponse:
    """List the tags of the project's results by name, or of one's own of all projects."""
    return _page(request)


@require_POST
def tag(request: HtmxRequest, pk: int) -> HttpResponseBase:
    """Give a tag another name, `name`; one that the project has takes its results in."""
    row = _find(request, pk)
    try:
        names = editing.read(request.POST.get("name", ""))
        if len(names) > 1:
            raise Refused("Write one name, without a comma.")
        renamed = editing.rename(row, names[0], request.user)
    except Refused as refused:
        return _page(request, wrong=row, error=str(refused))
    joined = " It had been there already, and has the results of both now."
    messages.success(request, f"The tag is “{renamed.tag.name}” now.{joined * renamed.is_joined}")
    return redirect("library:tags")


@require_POST
def removal(request: HtmxRequest, pk: int) -> HttpResponseBase:
    """Remove a tag from all results of its project; the list offers to undo it."""
    row = _find(request, pk)
    editing.remove(row, request.user)
    return redirect(f"{reverse('library:tags')}?removed={row.pk}")


@require_POST
def recovery(request: HtmxRequest) -> HttpResponseBase:
    """Put a removed tag back on its results."""
    removed = _seen(request).exclude(removed_at=None).select_related("project")
    row = removed.filter(pk=parse_key(request.POST.get("tag", "")) or 0).first()
    if row:
        roles.require_maker(request.user, row.project)
        editing.restore(row, request.user)
        messages.success(request, f"“{row.name}” is back.")
    return redirect("library:tags")


def _seen(request: HtmxRequest) -> TagQuerySet:
    return Tag.objects.on(Run.objects.kept().shown_to(request.user))


def _find(request: HtmxRequest, pk: int) -> Tag:
    """Return a tag that the user may change; raises Http404, and PermissionDenied with why."""
    row = get_object_or_404(_seen(request).kept().select_related("project"), pk=pk)
    roles.require_maker(request.user, row.project)
    return row


def _page(request: HtmxRequest, wrong: Tag | None = None, error: str = "") -> HttpResponse:
    words = db_safe_text(request.GET.get("q", "")).strip().lower()[:MAX_WORDS_CHARS]
    runs = current.listed(Run.objects.kept(), request)
    context = {
        "tags": listing.numbered(runs, words),
        "words": words,
        "wrong": wrong,
        "error": error,
        "removed": parse_key(request.GET.get("removed", "")),
        "all_projects": current.is_of_all_projects(request),
        "why_not": roles.refusal_to_make(request.user, current.current(request)),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return render(request, "library/tags/index.html", context, status=status)
