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

from accounts.audit import trail
from core.formatting import counted
from core.forms import DocumentForm
from core.http.caching import no_store
from core.http.posts import is_posted
from core.refusals import Refused
from features.library.models import Prompt
from features.library.prompts import exchange, saving
from features.library.views.prompts.prompts import narrowed
from projects import current, roles
from projects.kept.forms import MEMBERS, ONLY_ME, UsedByField

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

PREVIEWED = 200


class ImportForm(DocumentForm):
    """A document of prompts, and who may use them."""

    used_by = UsedByField(initial=MEMBERS)

    def __init__(self, *args: Any) -> None:
        accept = ".txt, .csv, .json, text/plain, text/csv, application/json"
        super().__init__(*args, accept=accept)

    def read(self) -> str:
        """Return the document as text; raises ValueError with a message."""
        if file := self.cleaned_data["file"]:
            return exchange.decode(file.read(exchange.MAX_BYTES + 1))
        return str(self.cleaned_data["text"])


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def import_(request: HtmxRequest) -> HttpResponse:
    """Show the form; a POST previews the prompts, and saves them if it is `confirmed`."""
    project = current.current(request)
    if refusal := roles.refusal_to_make(request.user, project):
        return _render_exchange(request, refused=refusal, status=HTTPStatus.FORBIDDEN)
    form_data = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ImportForm(*form_data)
    if not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
        return _render_exchange(request, form=form, status=status)
    try:
        text = form.read()
        saved_prompts = Prompt.objects.kept().in_project(project, request.user)
        entries = exchange.marked(exchange.read(text), saved_prompts)
    except ValueError as error:
        form.refuse(str(error))
        return _render_exchange(request, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    fitting = [entry for entry in entries if not entry.problem and not entry.is_known]
    wrong = [entry for entry in entries if entry.problem]
    context: dict[str, Any] = {
        "form": form,
        "text": text,
        "entries": entries[:PREVIEWED],
        "more": len(entries) - PREVIEWED,
        "number": len(fitting),
        "wrong": wrong[:PREVIEWED],
        "wrong_number": len(wrong),
        "known": sum(entry.is_known for entry in entries),
    }
    if not is_posted(request, "confirmed") or not fitting:
        return _render_exchange(request, **context)
    try:
        saving.create(
            request.user,
            project,
            [entry.values for entry in fitting],
            is_hidden=not project.is_private and form.cleaned_data["used_by"] == ONLY_ME,
        )
    except Refused as import_refusal:
        form.refuse(str(import_refusal))
        return _render_exchange(request, status=HTTPStatus.UNPROCESSABLE_ENTITY, **context)
    messages.success(request, f"{counted(len(fitting), 'prompt')} imported.")
    return redirect(f"{reverse('library:prompts')}{current.query(project)}")


def _render_exchange(
    request: HtmxRequest, status: int = HTTPStatus.OK, **context: Any
) -> HttpResponse:
    return render(request, "features/library/prompts/import.html", context, status=status)


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
    trail.record_export(request, [current.current(request)], f"prompts as {suffix.upper()}")
    response = HttpResponse(text, content_type=content_type)
    name = f"prompts-{timezone.localdate():%Y-%m-%d}.{suffix}"
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response
