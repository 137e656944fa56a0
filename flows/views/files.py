"""Exports and imports flows: our own JSON, and fal's workflow JSON in both dialects."""

from __future__ import annotations

import json
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from core.forms import DocumentForm
from core.http.caching import no_store
from flows import transfer
from flows.compose.definition import Invalid, parse_definition
from flows.compose.models import endpoints_of, versions_of
from flows.graph.graph import Dialect
from flows.graph.writing import name_of
from flows.models import Flow
from flows.views.flow import find_open
from people.accounts import audit
from projects import roles
from projects.current import current

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from core.http.htmx import HtmxRequest

DIALECTS: dict[str, Dialect] = {"a": "A", "b": "B"}
NOTHING = "Choose a file, or paste the JSON."


@require_safe
@no_store
def document(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Download the flow as our own JSON, or with `?dialect=a` or `b` as a workflow of fal's."""
    flow = find_open(request, pk)
    dialect = DIALECTS.get(request.GET.get("dialect", ""))
    try:
        definition = parse_definition(flow.definition)
        exported = transfer.export_own(flow.name, definition)
        if dialect:
            versions = versions_of(definition, endpoints_of([definition]))
            exported = transfer.export_workflow(
                flow.name, definition, versions, dialect, flow.imported
            )
    except Invalid as invalid:
        context = {"flow": flow, "trouble": str(invalid)}
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return render(request, "flows/not_exported.html", context, status=status)
    audit.record_export(request, [flow], f"as {'JSON' if not dialect else 'a workflow of fal'}")
    text = json.dumps(exported, ensure_ascii=False, indent=2)
    response = HttpResponse(text, content_type="application/json")
    kind = f"-{request.GET['dialect']}" if dialect else ""
    file_name = f"{name_of(flow.name)}{kind}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def import_(request: HtmxRequest) -> HttpResponseBase:
    """Create a flow from an export of ours, or from a workflow of fal's in either dialect."""
    project = current(request)
    why_not = roles.refusal_to_make(request.user, project)
    posted = (request.POST, request.FILES) if request.method == "POST" else ()
    form = DocumentForm(*posted, accept=".json, application/json")
    context = {"form": form, "why_not": why_not}
    imported = None
    if form.is_valid():
        try:
            imported = _read(form.cleaned_data["file"], form.cleaned_data["text"])
        except Invalid as invalid:
            form.refuse(str(invalid))
    if imported is None:
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
        return render(request, "flows/import.html", context, status=status)
    if why_not:
        return render(request, "flows/import.html", context, status=HTTPStatus.FORBIDDEN)
    flow = Flow.objects.create(
        user=request.user,
        name=imported.name,
        definition=imported.definition.as_json(),
        imported=imported.document,
        **project.for_new_work(),
    )
    messages.info(request, "Imported. Nothing was sent.")
    return redirect(flow)


def _read(file: UploadedFile[Any] | None, text: str) -> transfer.Imported:
    """Return the flow in a file, or else in a text; raises Invalid with a sentence."""
    transfer.require_small(file.size or 0 if file else len(text))
    content = file.read() if file else text.encode("utf-8", "replace")
    if not content.strip():
        raise Invalid(NOTHING)
    return transfer.load(content)
