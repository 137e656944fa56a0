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
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from accounts import permissions
from accounts.permissions import may
from catalog.models import Endpoint
from core.db.name_order import by_name
from core.http.htmx import HtmxRequest
from core.http.parameters import search_words
from core.http.posts import hidden
from playground.display.navigation.destinations import having
from playground.form import presets
from playground.form.form_state import FormContents, FormState
from playground.form.presets import PresetForm, Scope
from playground.views.model_page.posted_form import (
    login_keeping_post,
    redraw,
    refuse,
    show_notice,
    with_form,
)
from projects import current, roles
from projects.kept.resource import Resource
from projects.rights import Rights
from runs.models import Preset
from schemas.exact import NotJson, dumps, loads

NOTICE = "playground/endpoint/_notice_body.html"


class Presets(Resource[Preset]):
    """The presets of all models that are offered in the project, and the way out of one and back.

    Rights are those of its project, or the house's permissions for presets.
    """

    model, parts, app = Preset, ("list", "deletion"), "playground"
    at, list_route = "presets/", "playground:all-presets"
    list_template = "playground/all_presets.html"

    def visible_rows(self, request: HtmxRequest) -> Any:
        """Return the presets that the user sees, or may change by a permission."""
        return self.restorable_rows(request).kept()

    def restorable_rows(self, request: HtmxRequest) -> Any:
        """Return them with those that are deleted."""
        rows = Preset.objects.editable_by(request.user)
        return rows.select_related("endpoint", "user", "project")

    def rows_of_list(self, request: HtmxRequest) -> Any:
        """Return those that are offered, by model and name."""
        rows = Preset.objects.offered_in(current.current(request), request.user)
        rows = rows.select_related("endpoint", "user", "project").defer("arguments")
        return rows.order_by(by_name("endpoint__display_name"), by_name("name"), "pk")

    def search_rows(self, rows: Any, request: HtmxRequest) -> Any:
        """Return those with all words of `?q=` in the name, or in the model's id."""
        for word in search_words(request).split():
            rows = rows.filter(having("name", [word]) | having("endpoint__endpoint_id", [word]))
        return rows

    def list_address(self, request: HtmxRequest, row: Preset) -> str:
        return reverse("playground:presets", args=[row.endpoint.endpoint_id])

    def delete(self, request: HtmxRequest, row: Preset) -> None:
        _authorize(request, row, permissions.DELETE_PRESET)
        row.delete_by(request.user)

    def answer_deletion(self, request: HtmxRequest, row: Preset) -> HttpResponseBase:
        if not request.htmx:
            return super().answer_deletion(request, row)
        context = {"notice": f"“{row.name}” is deleted.", "deleted": row}
        return trigger_client_event(render(request, NOTICE, context), "presets:changed", {})

    def restore(self, request: HtmxRequest, row: Preset) -> None:
        _authorize(request, row, permissions.DELETE_PRESET)
        super().restore(request, row)

    def answer_undo(self, request: HtmxRequest, row: Preset) -> HttpResponseBase:
        return _done(request, row, self.restored_message(row))


PRESETS = Presets()


@login_not_required  # handles logged-out requests itself, so that a posted preset is not lost
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HtmxRequest, endpoint_id: str) -> HttpResponseBase:
    """List a model's presets to choose from; a POST saves `arguments` under `name`."""
    endpoint = get_object_or_404(Endpoint, endpoint_id=endpoint_id)
    if not request.user.is_authenticated:
        return _require_login(request, endpoint)
    if request.method == "POST":
        return _save(request, endpoint)
    project = current.current(request)
    context: dict[str, Any] = {
        "endpoint": endpoint,
        "listing": presets.list_presets(request.user, endpoint, project),
        "may_make": not roles.refusal_to_make(request.user, project),
    }
    if request.htmx:
        context["is_menu"] = True
        return render(request, "playground/presets/_list.html", context)
    return render(request, "playground/presets.html", context)


@with_form
def new(request: HtmxRequest, contents: FormContents) -> HttpResponseBase:
    """Show the form that saves the contents of a model's form as a preset."""
    arguments, problems = contents.parsed
    if problems:
        return redraw(request, contents, FormState(contents.post, problems=problems), status=422)
    project = current.current(request)
    if refusal := roles.refusal_to_make(request.user, project):
        return refuse(request, contents, refusal)
    notice = {
        "form": PresetForm(),
        "new_preset": {"arguments": dumps(arguments, indent=None)},
        "is_private": project.is_private,
    }
    return show_notice(request, contents, notice)


@require_http_methods(["GET", "HEAD", "POST"])
def preset(request: HtmxRequest, pk: int) -> HttpResponse:
    """Show the form for a preset; a POST changes its name and who may use it."""
    preset = _editable(request, pk, permissions.CHANGE_PRESET)
    before = {"name": preset.name, "used_by": Scope.of_preset(preset)}
    form = PresetForm(request.POST if request.method == "POST" else None, initial=before)
    if not form.is_valid():
        return _form(request, preset.endpoint, form, preset=preset)
    try:
        scope = _scope(request, form, preset)
        presets.change(preset, form.cleaned_data["name"], scope, by=request.user)
    except ValueError as error:
        preset.name = before["name"]
        form.add_error("name", str(error))
        return _form(request, preset.endpoint, form, preset=preset)
    return _done(request, preset, f"“{preset.name}” is {_whose(preset)}.")


def _whose(preset: Preset) -> str:
    return {
        Scope.ME: "yours alone",
        Scope.MEMBERS: f"for the members of “{preset.project}”",
        Scope.HOUSE: "for the house",
        Scope.START: "the house's preset that fills new forms of this model",
    }[Scope.of_preset(preset)]


def _scope(request: HtmxRequest, form: PresetForm, preset: Preset | None = None) -> Scope:
    """Return the chosen scope, or the present one if this user may not choose it.

    Only its user may hide a preset from the members. Its user may offer it to the house with its
    files, and so may holders of the permission. `START` requires a permission of its own.
    """
    before = Scope.of_preset(preset) if preset else Scope.MEMBERS
    scope: Scope = form.cleaned_data["used_by"] or before
    if scope == Scope.START != before and not may(request.user, permissions.HOUSE_DEFAULT):
        return before
    is_own = preset is None or preset.user_id == request.user.pk
    if is_own or (scope.is_shared and may(request.user, permissions.CHANGE_PRESET)):
        return scope
    return before


def _save(request: HtmxRequest, endpoint: Endpoint) -> HttpResponse:
    form, text = PresetForm(request.POST), hidden(request, "arguments")
    project = current.current(request)
    if refusal := roles.refusal_to_make(request.user, project):
        return _refuse(request, endpoint, refusal, form, text)
    form_context: dict[str, Any] = {"new_preset": {"arguments": text}}
    if not form.is_valid():
        return _form(request, endpoint, form, **form_context)
    try:
        arguments = loads(text)
        if not isinstance(arguments, dict):
            raise NotJson("The settings are not a JSON object")
        saved_preset = presets.create(
            request.user,
            endpoint,
            form.cleaned_data["name"],
            arguments,
            _scope(request, form),
            may_replace=hidden(request, "replace") == "1",
            project=project,
        )
    except ValueError as error:
        form.add_error("name", str(error))
        form_context["may_replace"] = isinstance(error, presets.NameTaken)
        return _form(request, endpoint, form, **form_context)
    return _done(request, saved_preset, f"“{saved_preset.name}” is saved.")


def _refuse(
    request: HtmxRequest, endpoint: Endpoint, why: str, form: PresetForm, text: str
) -> HttpResponse:
    """Show why the user may not save in the project, together with their input (403)."""
    if request.htmx:
        return render(request, "projects/_refused.html", {"refused": why}, status=403)
    context: dict[str, Any] = {"endpoint": endpoint, "refused": why, "form": form}
    context |= {"new_preset": {"arguments": text}, "is_private": False}
    return render(request, "playground/preset.html", context, status=403)


def _form(request: HtmxRequest, endpoint: Endpoint, form: PresetForm, **more: Any) -> HttpResponse:
    """Render the form that names a preset, as a fragment or a page."""
    project = current.current(request)
    context = {"endpoint": endpoint, "form": form, "is_private": project.is_private, **more}
    if preset := more.get("preset"):
        context["is_private"] = preset.project.is_private
        context["may_delete"] = Rights(request.user, preset).may_remove_by(
            permissions.DELETE_PRESET
        )
    template = "playground/presets/_form.html" if request.htmx else "playground/preset.html"
    return render(request, template, context, status=422 if form.is_bound else 200)


def _done(request: HtmxRequest, preset: Preset, notice: str) -> HttpResponse:
    if request.htmx:
        context = {"notice": notice}
        return trigger_client_event(render(request, NOTICE, context), "presets:changed", {})
    messages.success(request, notice)
    return redirect("playground:presets", preset.endpoint.endpoint_id)


def _editable(request: HtmxRequest, pk: int, permission: str) -> Preset:
    """Return a preset that the user may change; raises Http404 and PermissionDenied."""
    preset = PRESETS.find(request, pk)
    _authorize(request, preset, permission)
    return preset


def _authorize(request: HtmxRequest, preset: Preset, permission: str) -> None:
    """Check role and permission; record changes by other users, which the owner's page shows."""
    if permission == permissions.CHANGE_PRESET:
        _require_change(request, preset)
    else:
        Rights(request.user, preset).require_removal(permission)
    is_owner = preset.user_id == request.user.pk
    if request.method == "POST" and (not is_owner or preset.touched_by_id):
        preset.touched_by = None if is_owner else request.user
        preset.save(update_fields=["touched_by"])


def _require_change(request: HtmxRequest, preset: Preset) -> None:
    """Raise PermissionDenied unless the user owns the preset or may change it otherwise."""
    user = request.user
    is_allowed = preset.user_id == user.pk or Rights(user, preset).may_change
    if is_allowed or may(user, permissions.CHANGE_PRESET):
        return
    if roles.role_in(preset.project, user):
        roles.require_maker(user, preset.project)
    permissions.require(user, permissions.CHANGE_PRESET)


def _require_login(request: HtmxRequest, endpoint: Endpoint) -> HttpResponseBase:
    """Redirect to the login page, keeping a posted preset; answer 401 to htmx."""
    if request.method != "POST" and request.htmx:
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
    if request.method != "POST":
        return redirect_to_login(request.get_full_path())
    text = hidden(request, "arguments")
    return login_keeping_post(request, endpoint, {"~mode": ["json"], "~json": [_pretty(text)]})


def _pretty(text: str) -> str:
    try:
        return dumps(loads(text))
    except NotJson:
        return text
