"""The team's notes on a model, with or without JavaScript, and its mark."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import reswap, retarget

from accounts import permissions
from accounts.audit import trail
from catalog.curation import marks
from catalog.curation import notes as domain
from catalog.curation.marks import MarkForm
from catalog.curation.notes import NoteForm
from catalog.curation.permissions import curators_only
from catalog.models import Endpoint, Note
from core.http.htmx import HtmxRequest
from core.resource import Resource


@require_POST
def notes(request: HtmxRequest, endpoint_id: str) -> HttpResponseBase:
    """Write a note."""
    endpoint = get_object_or_404(Endpoint, endpoint_id=endpoint_id)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _list(request, endpoint, form)
    domain.write(endpoint, request.user, form.cleaned_data["text"])
    return _list(request, endpoint, NoteForm(is_focused=True))


@require_http_methods(["GET", "HEAD", "POST"])
def note(request: HtmxRequest, pk: int) -> HttpResponseBase:
    """Show the form for the user's own note; a POST changes it."""
    note = get_object_or_404(domain.editable_by(request.user).select_related("endpoint"), pk=pk)
    form = NoteForm(
        request.POST if request.method == "POST" else None,
        initial={"text": note.text},
        is_focused=True,
        auto_id="note-edit-%s",
    )
    form.fields["text"].label = "Your note"
    if not form.is_valid():
        context = {"note": note, "form": form, "endpoint": note.endpoint}
        template = "playground/about/_note_form.html" if request.htmx else "playground/note.html"
        return render(request, template, context, status=422 if form.is_bound else 200)
    domain.edit(note, form.cleaned_data["text"])
    return _list(request, note.endpoint)


class Notes(Resource[Note]):
    """Deletes notes, and restores them for a day: for their writers and `DELETE_NOTE`."""

    model, parts = Note, ("deletion",)
    at, list_route = "notes/", "playground:notes"

    def visible_rows(self, request: HtmxRequest) -> Any:
        """Return the notes that the user may delete."""
        return self.restorable_rows(request).filter(deleted_at=None)

    def restorable_rows(self, request: HtmxRequest) -> Any:
        """Return the notes that the user may bring back."""
        return domain.removable_by(request.user)

    def delete(self, request: HtmxRequest, row: Note) -> None:
        with transaction.atomic():
            row.remove()
            trail.record(request.user, "deleted", [row], f"of {row.user or 'nobody'}")

    def restore(self, request: HtmxRequest, row: Note) -> None:
        row.bring_back()

    def answer_deletion(self, request: HtmxRequest, row: Note) -> HttpResponseBase:
        if request.htmx:
            return _list(request, row.endpoint, deleted=row)
        return super().answer_deletion(request, row)

    def list_address(self, request: HtmxRequest, row: Note) -> str:
        return f"{row.endpoint.get_absolute_url()}?tab=about"

    def answer_undo(self, request: HtmxRequest, row: Note) -> HttpResponseBase:
        return _list(request, row.endpoint)


NOTES = Notes()


def _list(
    request: HtmxRequest, endpoint: Endpoint, form: NoteForm | None = None, **more: Any
) -> HttpResponseBase:
    """Render the notes; without JavaScript redirect to the model's page, which shows them.

    Responses with an error render a page of their own without JavaScript.
    """
    is_wrong = form is not None and form.is_bound
    if not request.htmx and not is_wrong:
        return redirect(f"{endpoint.get_absolute_url()}?tab=about#notes")
    context = {"endpoint": endpoint, "notes": domain.notes_for(endpoint), **more}
    context["note_form"] = form or NoteForm()
    template = "playground/about/_notes.html" if request.htmx else "playground/notes.html"
    return render(request, template, context, status=422 if is_wrong else 200)


@curators_only(permissions.CHANGE_ENDPOINT)
@require_http_methods(["GET", "HEAD", "POST"])
def mark(request: HtmxRequest, endpoint_id: str) -> HttpResponseBase:
    """Show the form; a POST sets the model's mark with a reason."""
    endpoint = get_object_or_404(Endpoint, endpoint_id=endpoint_id)
    former_values = {"mark": endpoint.mark, "reason": endpoint.mark_reason}
    form = MarkForm(request.POST if request.method == "POST" else None, initial=former_values)
    if not form.is_valid():
        return _mark_form(request, endpoint, form)
    try:
        only = Endpoint.objects.filter(pk=endpoint.pk)
        marks.set_mark(only, **form.cleaned_data, by=request.user)
    except ValueError as error:
        form.add_error("reason", str(error))
        return _mark_form(request, endpoint, form)
    label = marks.WORDS[form.cleaned_data["mark"]]
    if not request.htmx:
        messages.success(request, f"{endpoint.name}: {label.lower()}.")
        return redirect(endpoint)
    endpoint = Endpoint.objects.select_related("marked_by").get(pk=endpoint.pk)
    context = {"endpoint": endpoint, "former_mark": former_values, "mark_label": label}
    return render(request, "playground/mark/_updates.html", context)


def _mark_form(request: HtmxRequest, endpoint: Endpoint, form: MarkForm) -> HttpResponse:
    context = {"endpoint": endpoint, "form": form}
    template = "playground/mark/_form.html" if request.htmx else "playground/mark.html"
    response = render(request, template, context, status=422 if form.is_bound else 200)
    return reswap(retarget(response, "#mark-form"), "outerHTML") if form.is_bound else response
