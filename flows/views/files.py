"""Exports and imports flows: our own JSON, and fal's workflow JSON in both dialects."""

from __future__ import annotations

import json
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

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
    from core.http.htmx import HtmxRequest

DIALECTS: dict[str, Dialect] = {"a": "A", "b": "B"}
NOTHING = "Choose a file, or paste the JSON."
no_store = cache_control(private=True, no_store=True)


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
    if request.method != "POST":
        return render(request, "flows/import.html", {"text": "", "why_not": why_not})
    file, text = request.FILES.get("file"), request.POST.get("text", "")
    try:
        transfer.require_small(file.size or 0 if file else len(text))
        content = file.read() if file else text.encode("utf-8", "replace")
        if not content.strip():
            raise Invalid(NOTHING)
        imported = transfer.load(content)
    except Invalid as invalid:
        context = {"trouble": str(invalid), "text": text[: transfer.MAX_BYTES]}
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return render(request, "flows/import.html", context, status=status)
    if why_not:
        context = {"why_not": why_not, "text": text[: transfer.MAX_BYTES]}
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
