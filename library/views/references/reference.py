"""One reference: its page, form, versions and deletion."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.http.parameters import parse_uuid
from library.models import Reference, ReferenceVersion
from library.references import pictures, results, saving, using, values
from library.references.values import Values
from library.views.prompts.lists import no_store
from library.views.references.reports import report_added
from playground.display import tiles
from projects import current, roles
from runs.files import uploads

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest
    from projects.models import Project

MAX_LISTED = 200


def find(request: HtmxRequest, pk: uuid.UUID) -> Reference:
    """Return a reference that the user sees as a member of its project; raises Http404."""
    seen = Reference.objects.kept().shown_to(request.user).select_related("project", "user")
    return get_object_or_404(seen, pk=pk)


@require_safe
@no_store
def page(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a reference with its pictures, its versions, and what each has made."""
    reference = find(request, pk)
    there = pictures.readable(request.user, reference.pictures)
    made = results.by_version(request.user, reference)
    versions = list(reference.versions.select_related("made_by"))
    namesakes = saving.namesakes(request.user, reference.project, reference.name)
    context: dict[str, Any] = {
        "reference": reference,
        "mention": using.mention_of(reference, request.user, reference.project),
        "pictures": [(address, address in there) for address in reference.pictures],
        "gone": len(reference.pictures) - len(there),
        "is_full": len(reference.pictures) >= values.MAX_PICTURES,
        "most": values.MAX_PICTURES,
        "versions": [
            (version, [tiles.tile(run) for run in made.get(version.number, ())])
            for version in versions
        ],
        "is_one_of_several": namesakes.exclude(pk=reference.pk).exists(),
        "lora_problem": reference.lora and pictures.lora_problem(request.user, reference.lora),
        "may_change": roles.may_change(request.user, reference),
        "may_remove": roles.may_remove(request.user, reference),
    }
    return render(request, "library/references/reference.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HtmxRequest) -> HttpResponse:
    """Show the form of a new reference; a POST saves it.

    `?artifact=<run>/<position>` begins it with a result, and offers those that there are instead.
    """
    project = current.current(request)
    if refusal := roles.refusal_to_make(request.user, project):
        return _form(request, Values(""), refused=refusal, status=HTTPStatus.FORBIDDEN)
    chosen = (request.POST if request.method == "POST" else request.GET).getlist("artifact")
    chosen = chosen[: values.MAX_PICTURES]
    if request.method != "POST":
        return _form(request, values.read(request.GET.dict()), chosen=chosen)
    typed = values.read(request.POST.dict())
    wrong = values.problems(typed) | _lora_problem(request, typed)
    files = request.FILES.getlist("files")
    if not (typed.description or files or chosen):
        wrong["files"] = "Choose at least one picture, or describe it."
    if wrong:
        return _form(request, typed, errors=wrong, chosen=chosen)
    added = pictures.add(request.user, project, [], files, chosen)
    if added.refusals and not added.addresses and not typed.description:
        return _form(request, typed, errors={"files": added.refusals[0]}, chosen=chosen)
    is_hidden = request.POST.get("used_by") == "me"
    try:
        reference = saving.create(
            request.user, project, typed, added.addresses, is_hidden=is_hidden
        )
    except saving.Refused as refused:
        return _form(request, typed, errors={"name": str(refused)}, chosen=chosen)
    report_added(request, added)
    messages.success(request, f"{reference} is saved. Write {reference} in any prompt.")
    return redirect(reference)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the form of a reference; a POST saves it."""
    reference = find(request, pk)
    roles.require_maker(request.user, reference.project)
    if request.method != "POST":
        now = Values(reference.name, reference.kind, reference.description, reference.lora)
        return _form(request, now, reference)
    typed = values.read(request.POST.dict())
    wrong = values.problems(typed)
    if typed.lora != reference.lora:
        wrong |= _lora_problem(request, typed)
    if wrong:
        return _form(request, typed, reference, errors=wrong)
    is_own = reference.user_id == request.user.pk
    used_by = request.POST.get("used_by", "") if is_own else ""
    is_hidden = used_by == "me" if used_by else None
    try:
        saving.change(reference, typed, request.user, is_hidden=is_hidden)
    except saving.NameTaken as taken:
        return _form(request, typed, reference, errors={"name": str(taken)})
    messages.success(request, f"{reference} is saved.")
    return redirect(reference)


def _lora_problem(request: HtmxRequest, typed: Values) -> dict[str, str]:
    sentence = pictures.lora_problem(request.user, typed.lora) if typed.lora else ""
    return {"lora": sentence} if sentence else {}


def _form(
    request: HtmxRequest,
    typed: Values,
    reference: Reference | None = None,
    *,
    errors: dict[str, str] | None = None,
    refused: str = "",
    chosen: list[str] | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    project = reference.project if reference else current.current(request)
    weights = [] if refused else _weights(request, typed, project)
    context = {
        "reference": reference,
        "values": typed,
        "errors": errors or {},
        "refused": refused,
        "kinds": Reference.Kind.choices,
        "weights": weights,
        "chosen": [_shown(request, text) for text in chosen or ()],
        "others": _changeable(request) if chosen and not refused else (),
        "most": values.MAX_PICTURES,
        "back": reference.get_absolute_url() if reference else reverse("library:references"),
        "is_hidden": reference.is_hidden if reference else project.hides_new_runs,
        "may_hide": not project.is_private
        and (not reference or reference.user_id == request.user.pk),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if errors else status
    return render(request, "library/references/form.html", context, status=status)


def _weights(request: HtmxRequest, typed: Values, project: Project) -> list[tuple[str, str]]:
    """Return the addresses and names of weights that were trained in the project."""
    offered = uploads.results(request.user, "weights", project=project).found
    weights = [(choice.address, choice.name) for choice in offered]
    if typed.lora and typed.lora not in dict(weights):
        weights.insert(0, (typed.lora, "The weights that it has now"))
    return weights


def _shown(request: HtmxRequest, text: str) -> tuple[str, str]:
    """Return a chosen result with the address of its picture; empty if it cannot be read."""
    match = pictures.RESULT.fullmatch(text)
    artifact = (
        pictures.result_of(request.user, match["run"], int(match["position"])) if match else None
    )
    return text, artifact.get_absolute_url() if artifact and artifact.kind == "image" else ""


def _changeable(request: HtmxRequest) -> list[Reference]:
    rows = Reference.objects.kept().in_project(current.current(request), request.user)
    return list(rows.order_by("key")[:MAX_LISTED])


@require_POST
def version_recovery(request: HtmxRequest, pk: uuid.UUID, version: int) -> HttpResponse:
    """Bring an earlier version back, as the newest one."""
    reference = find(request, pk)
    roles.require_maker(request.user, reference.project)
    former = get_object_or_404(ReferenceVersion, reference=reference, number=version)
    saving.bring_back(reference, former, request.user)
    messages.success(request, f"{reference} is as in version {version} again.")
    return redirect(reference)


@require_POST
def deletion(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Delete a reference, as its user or a manager; the list offers to undo it."""
    reference = find(request, pk)
    roles.require_for(request.user, reference)
    saving.delete(reference, request.user)
    return redirect(f"{reverse('library:references')}?deleted={reference.pk}")


@require_POST
def recovery(request: HtmxRequest) -> HttpResponse:
    """Restore a deleted reference, as its user or a manager of its project."""
    pk = parse_uuid(request.POST.get("reference", ""))
    if pk is None:
        return redirect("library:references")
    removable = Reference.objects.removable_by(request.user).exclude(deleted_at=None)
    reference = removable.select_related("project").filter(pk=pk).first()
    if reference:
        try:
            saving.restore(reference, request.user)
        except saving.NameTaken as taken:
            messages.warning(request, f"{taken} Then bring this one back.")
            return redirect(f"{reverse('library:references')}?deleted={pk}")
        messages.success(request, f"{reference} is back.")
    return redirect("library:reference", pk)
