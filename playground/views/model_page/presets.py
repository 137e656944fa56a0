"""Presets: choose, save, change. Each view returns a page, or a fragment of the model's page."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from accounts import permissions
from accounts.permissions import may
from catalog.models import Endpoint
from core.http.htmx import HtmxRequest
from core.http.parameters import parse_key
from playground.form import presets
from playground.views.model_page.endpoint import login_keeping_post
from runs.models import Preset
from schemas.exact import NotJson, dumps, loads

NOTICE = "playground/endpoint/_notice_body.html"


@login_not_required  # handles logged-out requests itself, so that a posted preset is not lost
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HtmxRequest, endpoint_id: str) -> HttpResponseBase:
    """List a model's presets to choose from; a POST saves `arguments` under `name`."""
    endpoint = get_object_or_404(Endpoint, endpoint_id=endpoint_id)
    if not request.user.is_authenticated:
        return _require_login(request, endpoint)
    if request.method == "POST":
        return _save(request, endpoint)
    context: dict[str, Any] = {
        "endpoint": endpoint,
        "listing": presets.list_presets(request.user, endpoint),
    }
    if request.htmx:
        context["is_menu"] = True
        return render(request, "playground/presets/_list.html", context)
    if pk := parse_key(request.GET.get("deleted")):
        context["deleted"] = Preset.objects.editable_by(request.user).filter(pk=pk).first()
    return render(request, "playground/presets.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def preset(request: HtmxRequest, pk: int) -> HttpResponse:
    """Show the form for one's own preset; a POST changes its name and who sees it."""
    preset = _editable(request, pk, permissions.CHANGE_PRESET)
    if request.method != "POST":
        return _form(request, preset.endpoint, preset=preset, name=preset.name)
    name, is_shared = request.POST.get("name", ""), request.POST.get("is_shared") == "1"
    before = preset.name
    may_set_house = may(request.user, permissions.HOUSE_DEFAULT)
    # None keeps the current value: this user may not change it.
    is_house = request.POST.get("is_house_default") == "1" if may_set_house else None
    try:
        presets.change(
            preset, name, is_shared=is_shared, is_house_default=is_house, by=request.user
        )
    except ValueError as error:
        preset.name = before
        return _form(request, preset.endpoint, preset=preset, name=name, error=str(error))
    whose = "shared with the team" if is_shared else "yours alone"
    whose = "the house default: it fills an untouched form" if preset.is_house_default else whose
    return _done(request, preset, f"“{preset.name}” is {whose}.")


@require_POST
def deletion(request: HtmxRequest, pk: int) -> HttpResponse:
    """Delete a preset; the response offers to restore it."""
    preset = _editable(request, pk, permissions.DELETE_PRESET)
    presets.delete(preset, request.user)
    if request.htmx:
        context = {"notice": f"“{preset.name}” is deleted.", "deleted": preset}
        return trigger_client_event(render(request, NOTICE, context), "presets:changed", {})
    page = reverse("playground:presets", args=[preset.endpoint.endpoint_id])
    return redirect(f"{page}?deleted={preset.pk}")


@require_POST
def recovery(request: HtmxRequest, pk: int) -> HttpResponse:
    """Restore a deleted preset."""
    preset = get_object_or_404(_mine(request), pk=pk)
    _authorize(request, preset, permissions.DELETE_PRESET)
    presets.restore(preset, request.user)
    return _done(request, preset, f"“{preset.name}” is back.")


@require_POST
def repair(request: HtmxRequest, pk: int) -> HttpResponse:
    """Migrate a preset to the model's current schema; the response offers to undo it."""
    preset = _editable(request, pk, permissions.CHANGE_PRESET)
    return _done(request, preset, presets.migrate(preset), unmended=bool(preset.unmended))


@require_POST
def repair_undo(request: HtmxRequest, pk: int) -> HttpResponse:
    """Restore a preset's contents from before its migration."""
    preset = _editable(request, pk, permissions.CHANGE_PRESET)
    presets.undo_migration(preset)
    return _done(request, preset, f"“{preset.name}” is as it was.")


def _save(request: HtmxRequest, endpoint: Endpoint) -> HttpResponse:
    text, name = request.POST.get("arguments", ""), request.POST.get("name", "")
    is_shared, may_replace = (request.POST.get(key) == "1" for key in ("is_shared", "replace"))
    again: dict[str, Any] = {"new_preset": {"arguments": text}, "name": name}
    try:
        arguments = loads(text)
        if not isinstance(arguments, dict):
            raise NotJson("The settings are no JSON object")
        saved = presets.create(
            request.user, endpoint, name, arguments, is_shared=is_shared, may_replace=may_replace
        )
    except presets.NameTaken as error:
        more = again | {"is_shared": is_shared, "may_replace": True}
        return _form(request, endpoint, error=str(error), **more)
    except ValueError as error:
        return _form(request, endpoint, error=str(error), is_shared=is_shared, **again)
    return _done(request, saved, f"“{saved.name}” is saved.")


def _form(request: HtmxRequest, endpoint: Endpoint, error: str = "", **more: Any) -> HttpResponse:
    """Render the form that names a preset, as a fragment or a page."""
    context = {"endpoint": endpoint, "error": error, **more}
    if preset := more.get("preset"):
        context.setdefault("is_shared", preset.is_shared)
        context["offer"] = presets.offer(endpoint, preset, preset.arguments)
    template = "playground/presets/_form.html" if request.htmx else "playground/preset.html"
    return render(request, template, context, status=422 if error else 200)


def _done(
    request: HtmxRequest, preset: Preset, notice: str, *, unmended: bool = False
) -> HttpResponse:
    if request.htmx:
        context = {"notice": notice, "unmended": preset if unmended else None}
        return trigger_client_event(render(request, NOTICE, context), "presets:changed", {})
    messages.success(request, notice)
    return redirect("playground:presets", preset.endpoint.endpoint_id)


def _mine(request: HtmxRequest) -> Any:
    return Preset.objects.editable_by(request.user).select_related("endpoint", "user")


def _editable(request: HtmxRequest, pk: int, permission: str) -> Preset:
    """Return a preset that the user may change; raises Http404 and PermissionDenied."""
    preset: Preset = get_object_or_404(_mine(request).kept(), pk=pk)
    _authorize(request, preset, permission)
    return preset


def _authorize(request: HtmxRequest, preset: Preset, permission: str) -> None:
    """Check the permission and record a change by somebody else, which the owner's page shows."""
    permissions.require_for(request.user, preset.user_id, permission)
    is_owner = preset.user_id == request.user.pk
    if request.method == "POST" and (not is_owner or preset.touched_by_id):
        preset.touched_by = None if is_owner else request.user
        preset.save(update_fields=["touched_by"])


def _require_login(request: HtmxRequest, endpoint: Endpoint) -> HttpResponseBase:
    """Redirect to the login page, keeping a posted preset; answer 401 to htmx."""
    if request.method != "POST" and request.htmx:
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
    if request.method != "POST":
        return redirect_to_login(request.get_full_path())
    text = request.POST.get("arguments", "")
    return login_keeping_post(request, endpoint, {"~mode": ["json"], "~json": [_pretty(text)]})


def _pretty(text: str) -> str:
    try:
        return dumps(loads(text))
    except NotJson:
        return text
