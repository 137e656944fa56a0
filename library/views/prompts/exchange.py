"""Imports and exports of prompts."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from core.formatting import counted
from core.http.body_limits import takes_up_to
from core.refusals import Refused
from kept.resource import no_store
from library.models import Prompt
from library.prompts import exchange, saving
from library.views.prompts.prompts import narrowed
from people.accounts import audit
from projects import current, roles

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

PREVIEWED = 200


@takes_up_to(8)
@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def import_(request: HtmxRequest) -> HttpResponse:
    """Ask for prompts; a POST shows them, and saves them once it is `confirmed`."""
    project = current.current(request)
    if refusal := roles.refusal_to_make(request.user, project):
        return _page(request, refused=refusal, status=HTTPStatus.FORBIDDEN)
    if request.method != "POST":
        return _page(request)
    text = request.POST.get("text", "")
    try:
        if file := request.FILES.get("file"):
            text = exchange.decode(file.read(exchange.MAX_BYTES + 1))
        there = Prompt.objects.kept().in_project(project, request.user)
        entries = exchange.marked(exchange.read(text), there)
    except ValueError as error:
        return _page(request, text=text, error=str(error), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    fitting = [entry for entry in entries if not entry.problem and not entry.is_known]
    wrong = [entry for entry in entries if entry.problem]
    context: dict[str, Any] = {
        "text": text,
        "entries": entries[:PREVIEWED],
        "more": len(entries) - PREVIEWED,
        "number": len(fitting),
        "wrong": wrong[:PREVIEWED],
        "wrong_number": len(wrong),
        "known": sum(entry.is_known for entry in entries),
    }
    if "confirmed" not in request.POST or not fitting:
        return _page(request, **context)
    try:
        saving.create(
            request.user,
            project,
            [entry.values for entry in fitting],
            is_hidden=not project.is_private and request.POST.get("used_by") == "me",
        )
    except Refused as refused:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _page(request, error=str(refused), status=status, **context)
    messages.success(request, f"{counted(len(fitting), 'prompt')} imported.")
    return redirect(f"{reverse('library:prompts')}{current.query(project)}")


def _page(request: HtmxRequest, status: int = HTTPStatus.OK, **context: Any) -> HttpResponse:
    return render(request, "library/prompts/import.html", context, status=status)


@require_safe
@no_store
def as_json(request: HtmxRequest) -> HttpResponse:
    """Export the listed prompts as JSON."""
    return _download(request, exchange.as_json(_chosen(request)), "json", "application/json")


@require_safe
@no_store
def as_csv(request: HtmxRequest) -> HttpResponse:
    """Export the listed prompts as CSV."""
    return _download(request, exchange.as_csv(_chosen(request)), "csv", "text/csv; charset=utf-8")


def _chosen(request: HtmxRequest) -> list[Prompt]:
    return list(narrowed(request))


def _download(request: HtmxRequest, text: str, suffix: str, content_type: str) -> HttpResponse:
    audit.record_export(request, [current.current(request)], f"prompts as {suffix.upper()}")
    response = HttpResponse(text, content_type=content_type)
    name = f"prompts-{timezone.localdate():%Y-%m-%d}.{suffix}"
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response
