"""Presets: to choose from, to save, to change. Each answer is a page, or a piece of the model's page."""

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

from catalog.models import Endpoint
from playground.form import presets
from playground.models import Preset
from playground.views.endpoint import remember
from playground.views.runs import HtmxRequest
from schemas.exact import NotJson, dumps, loads

NOTICE = "playground/endpoint/_notice_inner.html"


@login_not_required  # answers itself: what was to be saved is kept over the next login
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HtmxRequest, endpoint_id: str) -> HttpResponseBase:
    """A model's presets to choose from; a POST saves `arguments` under `name`."""
    found = get_object_or_404(Endpoint, endpoint_id=endpoint_id)
    if not request.user.is_authenticated:
        return _log_in_again(request, found)
    if request.method == "POST":
        return _save(request, found)
    context: dict[str, Any] = {"endpoint": found, "listing": presets.offered(request.user, found)}
    if request.htmx:
        context["is_menu"] = True
        return render(request, "playground/presets/_list.html", context)
    if (pk := request.GET.get("deleted", "")[:18]).isdecimal():
        context["deleted"] = Preset.objects.editable_by(request.user).filter(pk=int(pk)).first()
    return render(request, "playground/presets.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def preset(request: HtmxRequest, pk: int) -> HttpResponse:
    """One's own preset: its name and whether the team sees it."""
    found = _editable(request, pk)
    if request.method != "POST":
        return _form(request, found.endpoint, preset=found, name=found.name)
    name, is_shared = request.POST.get("name", ""), request.POST.get("is_shared") == "1"
    before = found.name
    # None: whoever is no curator leaves it as it is.
    is_house = request.POST.get("is_house_default") == "1" if request.user.is_staff else None
    try:
        presets.change(found, name, is_shared=is_shared, is_house_default=is_house)
    except ValueError as error:
        found.name = before
        return _form(request, found.endpoint, preset=found, name=name, error=str(error))
    whose = "shared with the team" if is_shared else "yours alone"
    whose = "the house default: it fills an untouched form" if found.is_house_default else whose
    return _done(request, found, f"“{found.name}” is {whose}.")


@require_POST
def deletion(request: HtmxRequest, pk: int) -> HttpResponse:
    """Take a preset away; the answer offers to bring it back."""
    found = _editable(request, pk)
    presets.delete(found)
    if request.htmx:
        context = {"notice": f"“{found.name}” is deleted.", "deleted": found}
        return trigger_client_event(render(request, NOTICE, context), "presets:changed", {})
    page = reverse("playground:presets", args=[found.endpoint.endpoint_id])
    return redirect(f"{page}?deleted={found.pk}")


@require_POST
def recovery(request: HtmxRequest, pk: int) -> HttpResponse:
    """Bring a deleted preset back."""
    found = get_object_or_404(_mine(request), pk=pk)
    presets.bring_back(found)
    return _done(request, found, f"“{found.name}” is back.")


@require_POST
def repair(request: HtmxRequest, pk: int) -> HttpResponse:
    """Make a preset fit the model as it is now; the answer says what that did, and how to undo it."""
    found = _editable(request, pk)
    return _done(request, found, presets.mend(found), unmended=bool(found.unmended))


@require_POST
def repair_undo(request: HtmxRequest, pk: int) -> HttpResponse:
    """Bring back what a preset was before its repair."""
    found = _editable(request, pk)
    presets.unmend(found)
    return _done(request, found, f"“{found.name}” is as it was.")


def _save(request: HtmxRequest, found: Endpoint) -> HttpResponse:
    text, name = request.POST.get("arguments", ""), request.POST.get("name", "")
    is_shared, may_replace = (request.POST.get(key) == "1" for key in ("is_shared", "replace"))
    again: dict[str, Any] = {"new_preset": {"arguments": text}, "name": name}
    try:
        arguments = loads(text)
        if not isinstance(arguments, dict):
            raise NotJson("The settings are no JSON object")
        saved = presets.create(
            request.user, found, name, arguments, is_shared=is_shared, may_replace=may_replace
        )
    except presets.NameTaken as error:
        more = again | {"is_shared": is_shared, "may_replace": True}
        return _form(request, found, error=str(error), **more)
    except ValueError as error:
        return _form(request, found, error=str(error), is_shared=is_shared, **again)
    return _done(request, saved, f"“{saved.name}” is saved.")


def _form(request: HtmxRequest, found: Endpoint, error: str = "", **more: Any) -> HttpResponse:
    """The little form that names a preset, alone or on a page."""
    context = {"endpoint": found, "error": error, **more}
    if preset := more.get("preset"):
        context.setdefault("is_shared", preset.is_shared)
        context["offer"] = presets.offer(found, preset, preset.arguments)
    template = "playground/presets/_form.html" if request.htmx else "playground/preset.html"
    return render(request, template, context, status=422 if error else 200)


def _done(
    request: HtmxRequest, found: Preset, words: str, *, unmended: bool = False
) -> HttpResponse:
    if request.htmx:
        context = {"notice": words, "unmended": found if unmended else None}
        return trigger_client_event(render(request, NOTICE, context), "presets:changed", {})
    messages.success(request, words)
    return redirect("playground:presets", found.endpoint.endpoint_id)


def _mine(request: HtmxRequest) -> Any:
    return Preset.objects.editable_by(request.user).select_related("endpoint", "user")


def _editable(request: HtmxRequest, pk: int) -> Preset:
    found: Preset = get_object_or_404(_mine(request).kept(), pk=pk)
    return found


def _log_in_again(request: HtmxRequest, found: Endpoint) -> HttpResponseBase:
    if request.htmx:
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
    if request.method != "POST":
        return redirect_to_login(request.get_full_path())
    text = request.POST.get("arguments", "")
    remember(request, found, {"~mode": ["json"], "~json": [_pretty(text)]})
    return redirect_to_login(found.get_absolute_url())


def _pretty(text: str) -> str:
    try:
        return dumps(loads(text))
    except NotJson:
        return text
