"""One prompt: its page, where it is used, its form, versions and deletion."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.http.parameters import parse_key, parse_uuid
from core.word_diff import Part, word_diff
from library.models import Prompt, PromptVersion
from library.models.prompt import new_seed
from library.prompts import origins, saving, using, values
from library.prompts.values import Values
from library.views.prompts.lists import no_store
from playground.display import tiles
from projects import current, roles
from runs.models import Run

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

SHOWN = 20  # of the prompts that one makes; the others fold
RECENT_RUNS, RECENT_MODELS = 100, 8
MOST_AROUND = 200


def find(request: HtmxRequest, pk: uuid.UUID) -> Prompt:
    """Return a prompt that the user sees as a member of its project; raises Http404."""
    seen = Prompt.objects.kept().shown_to(request.user).select_related("project", "user")
    return get_object_or_404(seen.prefetch_related("tags"), pk=pk)


@require_safe
@no_store
def page(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a prompt, what it makes with the values in the address, and its latest results."""
    prompt = find(request, pk)
    is_asked = "use" in request.GET
    use = using.read(request.user, prompt, request.GET, is_asking=is_asked)
    named = request.GET.get("for", "").strip()
    endpoint = using.endpoint_named(named)
    is_whole = all(one.value or one.slot.options for one in use.controls)
    target = None
    if endpoint and is_whole and use.texts:
        name = request.GET.get("field", "")[:200]
        target = using.target(use, endpoint, name, current.current(request))
    runs = origins.latest_runs(request.user, prompt)
    context: dict[str, Any] = {
        "prompt": prompt,
        "use": use,
        "is_whole": is_whole,
        "asked_model": named[: using.MAX_ID_CHARS],
        "field": request.GET.get("field", "")[:200],
        "unknown_model": bool(named) and endpoint is None,
        "target": target,
        "shown": use.texts[:SHOWN],
        "folded": use.texts[SHOWN:],
        "another_seed": new_seed(),
        "around": _around(request, prompt),
        "recent_models": _recent_models(request),
        "tiles": [tiles.tile(run) for run in runs],
        "may_change": roles.may_change(request.user, prompt),
        "may_remove": roles.may_remove(request.user, prompt),
        "version_count": prompt.versions.count(),
    }
    is_wrong = is_asked and (bool(use.refusal) or any(one.error for one in use.controls))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_wrong else HTTPStatus.OK
    return render(request, "library/prompts/prompt.html", context, status=status)


def _around(request: HtmxRequest, prompt: Prompt) -> list[Prompt]:
    """Return the prompts that this one may be put into."""
    if prompt.takes_prompt:
        return []
    offered = Prompt.objects.offered_in(prompt.project, request.user)
    return list(offered.taking_prompts().order_by("name")[:MOST_AROUND])


def _recent_models(request: HtmxRequest) -> list[str]:
    runs = Run.objects.of(request.user).order_by("-created_at")
    names = runs.values_list("endpoint__endpoint_id", flat=True)[:RECENT_RUNS]
    return [*dict.fromkeys(names)][:RECENT_MODELS]


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HtmxRequest) -> HttpResponse:
    """Show the form of a new prompt, with `?text=` in it; a POST saves it."""
    project = current.current(request)
    if refusal := roles.refusal_to_make(request.user, project):
        return _form(request, Values("", ""), refused=refusal, status=HTTPStatus.FORBIDDEN)
    if request.method != "POST":
        return _form(request, values.read(request.GET.dict()))
    typed = values.read(request.POST.dict())
    if wrong := values.problems(typed):
        return _form(request, typed, errors=wrong)
    is_hidden = request.POST.get("used_by") == "me"
    try:
        (prompt,) = saving.create(request.user, project, [typed], is_hidden=is_hidden)
    except saving.Refused as refused:
        return _form(request, typed, errors={"name": str(refused)})
    messages.success(request, f"“{prompt.name}” is saved.")
    return redirect(prompt)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the form of a prompt; a POST saves it."""
    prompt = find(request, pk)
    roles.require_maker(request.user, prompt.project)
    if request.method != "POST":
        tags = tuple(tag.name for tag in prompt.tags.all())
        now = Values(prompt.name, prompt.text, prompt.folder, tags)
        return _form(request, now, prompt)
    typed = values.read(request.POST.dict())
    if wrong := values.problems(typed):
        return _form(request, typed, prompt, errors=wrong)
    is_own = prompt.user_id == request.user.pk
    used_by = request.POST.get("used_by", "") if is_own else ""
    seen = parse_key(request.POST.get("seen", ""))
    try:
        saving.change(
            prompt,
            typed,
            request.user,
            is_hidden=used_by == "me" if used_by else None,
            seen=seen,
        )
    except saving.Changed as changed:
        return _form(request, typed, prompt, errors={"text": str(changed)})
    messages.success(request, f"“{prompt.name}” is saved.")
    return redirect(prompt)


def _form(
    request: HtmxRequest,
    typed: Values,
    prompt: Prompt | None = None,
    *,
    errors: dict[str, str] | None = None,
    refused: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    project = prompt.project if prompt else current.current(request)
    newest = prompt.versions.first() if prompt else None
    context = {
        "prompt": prompt,
        "values": typed,
        "tags": ", ".join(typed.tags),
        "errors": errors or {},
        "refused": refused,
        "newest": newest,
        "back": prompt.get_absolute_url() if prompt else reverse("library:prompts"),
        "is_hidden": prompt.is_hidden if prompt else project.hides_new_runs,
        "may_hide": not project.is_private and (not prompt or prompt.user_id == request.user.pk),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if errors else status
    return render(request, "library/prompts/form.html", context, status=status)


@require_safe
@no_store
def versions(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the texts that a prompt had, newest first, each with what it changed."""
    prompt = find(request, pk)
    rows = list(prompt.versions.select_related("made_by"))
    context = {
        "prompt": prompt,
        "versions": [
            (row, _changes(row, former))
            for row, former in zip(rows, [*rows[1:], None], strict=True)
        ],
        "may_change": roles.may_change(request.user, prompt),
    }
    return render(request, "library/prompts/versions.html", context)


def _changes(version: PromptVersion, former: PromptVersion | None) -> list[Part]:
    return word_diff(former.text if former else version.text, version.text)


@require_POST
def version_recovery(request: HtmxRequest, pk: uuid.UUID, version: int) -> HttpResponse:
    """Bring the text of an earlier version back, as the newest one."""
    prompt = find(request, pk)
    roles.require_maker(request.user, prompt.project)
    former = get_object_or_404(PromptVersion, prompt=prompt, pk=version)
    saving.bring_back(prompt, former, request.user)
    messages.success(request, "The earlier text is back. The one before stays among the versions.")
    return redirect(prompt)


@require_POST
def deletion(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Delete a prompt, as its user or a manager; the list offers to undo it."""
    prompt = find(request, pk)
    roles.require_for(request.user, prompt)
    saving.delete(prompt, request.user)
    return redirect(f"{reverse('library:prompts')}?deleted={prompt.pk}")


@require_POST
def recovery(request: HtmxRequest) -> HttpResponse:
    """Restore a deleted prompt, as its user or a manager of its project."""
    pk = parse_uuid(request.POST.get("prompt", ""))
    if pk is None:
        return redirect("library:prompts")
    removable = Prompt.objects.removable_by(request.user).exclude(deleted_at=None)
    prompt = removable.select_related("project").filter(pk=pk).first()
    if prompt:
        saving.restore(prompt, request.user)
        messages.success(request, f"“{prompt.name}” is back.")
    return redirect("library:prompt", pk)
