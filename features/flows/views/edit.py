"""The editor of a flow: names, fields, wires, and the inputs that the form asks for."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from accounts.limits.rate_limit import limit
from core.http.caching import no_store
from core.http.posts import BUTTON, hidden, pressed
from features.flows.compose import chain, editing
from features.flows.compose.definition import Invalid, parse_definition
from features.flows.compose.models import endpoints_of, versions_of
from features.flows.display import edit_page
from features.flows.models import Flow
from features.flows.views.flow import Post, find_changeable, posted_fields
from playground.form.posted_files import with_files
from projects.kept.forms import TextsForm
from projects.rights import Rights
from schemas import Problem, apply

if TYPE_CHECKING:
    from django.http import QueryDict

    from core.http.htmx import HtmxRequest

OUTDATED = (
    "A step was added to this flow or removed from it in another tab or window. This is its "
    "current state, without the changes that you made on the older page."
)
NAMELESS = "Untitled flow"


class FlowForm(TextsForm):
    """A flow's name; users who may remove the flow also choose who sees it."""

    class Meta(TextsForm.Meta):
        model = Flow
        fields = ("name", "visibility")

    def __init__(self, *args: Any, may_open: bool, **more: Any) -> None:
        super().__init__(*args, **more)
        if not may_open:
            self.fields.pop("visibility", None)
        if visibility := self.fields.get("visibility"):
            members, everybody = Flow.Visibility
            is_private = self.instance.project.is_private
            visibility.label = "Who sees it"
            visibility.choices = [  # type: ignore[attr-defined]
                (members, "Only me" if is_private else members.label),
                (everybody, "Everybody in the house: they may run and copy it"),
            ]

    def clean_name(self) -> str:
        """Return the flow's name, or a default if it is empty."""
        return self.cleaned_data["name"] or NAMELESS


@limit("draft")
@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def edit(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Show a flow's editor, or handle its pressed button (`~do`), by default Save."""
    flow = find_changeable(request, pk)
    if request.method != "POST":
        return _render_editor(request, flow)
    if hidden(request, "~version") != str(flow.version):
        return _render_editor(request, flow, trouble=OUTDATED, status=HTTPStatus.CONFLICT)
    post, file_problems = _fields(request, flow)
    verb, step_id = pressed(request, "save")
    if verb == "undo":
        return _undo(flow)
    flow, names, problems = _save(request, flow, post)
    problems = [*file_problems, *problems]
    if verb == "keep":
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    if verb == "step-then":
        address = f"{reverse('flows:flow-then', args=[flow.pk])}?{urlencode({'after': step_id})}"
        return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
    if verb == "step-model" and (step := parse_definition(flow.definition).step(step_id)):
        page = reverse("retirement:dependants", args=[step.endpoint])
        address = f"{page}?{urlencode({'only': f'step/{flow.pk}/{step_id}'})}"
        return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
    if verb == "step-remove":
        return _remove(request, flow, step_id)
    if verb != "save":
        post = apply(post, hidden(request, BUTTON))
        return _render_editor(request, flow, names, post=post, problems=problems)
    if problems or names.errors:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _render_editor(request, flow, names, post=post, problems=problems, status=status)
    return redirect(flow)


def _render_editor(
    request: HtmxRequest,
    flow: Flow,
    names: FlowForm | None = None,
    *,
    post: Post | None = None,
    problems: list[Problem] | None = None,
    trouble: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    names = names or _names(request, flow)
    context: dict[str, Any] = {"trouble": trouble, "form": names}
    context["is_wrong"] = bool(problems or names.errors)
    try:
        context |= edit_page.context(flow, parse_definition(flow.definition), post, problems or ())
    except Invalid as invalid:  # stored by an older version, or through the admin
        context |= {"flow": flow, "trouble": str(invalid)}
    return render(request, "features/flows/edit.html", context, status=status)


def _fields(request: HtmxRequest, flow: Flow) -> tuple[Post, list[Problem]]:
    """Return the post with its files stored, and problems with rejected ones."""
    definition = parse_definition(flow.definition)
    root = editing.root_of(definition, versions_of(definition, endpoints_of([definition])))
    post = posted_fields(request, editing.MARKS)
    return with_files(post, request.FILES, root, request.user.pk, flow.project)


def _names(request: HtmxRequest, flow: Flow, posted: QueryDict | None = None) -> FlowForm:
    """Return the form for the flow's name and visibility."""
    return FlowForm(posted, instance=flow, may_open=Rights(request.user, flow).may_remove)


def _save(request: HtmxRequest, flow: Flow, post: Post) -> tuple[Flow, FlowForm, list[Problem]]:
    """Save the post; return the flow, the bound form of its name, and problems with values."""
    with transaction.atomic():
        locked = Flow.objects.select_for_update(of=("self",)).get(pk=flow.pk)
        definition = parse_definition(locked.definition)
        versions = versions_of(definition, endpoints_of([definition]))
        edited = editing.read_edit(definition, versions, post)
        locked.definition = edited.definition.as_json()
        names = _names(request, locked, request.POST)
        names.is_valid()
        locked.save()
    return locked, names, edited.problems


def _remove(request: HtmxRequest, flow: Flow, step: str) -> HttpResponseBase:
    """Remove a step; later ones ask for the inputs that it provided; the page offers an undo."""
    with transaction.atomic():
        locked = Flow.objects.select_for_update(of=("self",)).get(pk=flow.pk)
        before = parse_definition(locked.definition)
        if before.step(step) is None:
            return redirect("flows:flow-edit", flow.pk)
        definition = chain.without_step(before, step)
        versions = versions_of(definition, endpoints_of([definition]))
        for follower in before.followers(step):
            if (now := definition.step(follower.id)) and follower.id in versions:
                definition = chain.with_open_inputs(definition, now, versions[follower.id])
        locked.previous, locked.definition = locked.definition, definition.as_json()
        locked.version += 1
        locked.save()
    address = reverse("flows:flow-edit", args=[flow.pk])
    return redirect(f"{address}?removed={before.number(step)}")


def _undo(flow: Flow) -> HttpResponseBase:
    """Restore the definition before the last removal of a step or replacement of its model."""
    with transaction.atomic():
        locked = Flow.objects.select_for_update(of=("self",)).get(pk=flow.pk)
        if locked.previous is not None:
            locked.definition, locked.previous = locked.previous, None
            locked.version += 1
            locked.save()
    return redirect("flows:flow-edit", flow.pk)
