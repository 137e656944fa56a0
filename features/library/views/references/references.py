"""The pages of references: the list, a reference with its pictures and versions, its form."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.limits.rate_limit import limit
from core.http.caching import no_store
from core.http.parameters import search_words
from core.http.posts import ticked
from fal.db_safe import db_safe_text
from features.library.models import Reference, ReferenceVersion
from features.library.prompts.using import endpoint_named
from features.library.references import pictures, resolving, saving, using
from features.library.references.form import ReferenceForm
from playground.display import tiles
from projects import current
from projects.kept.forms import KeptForm
from projects.kept.resource import Resource
from schemas.uses import mentions
from schemas.uses.references import MAX_PICTURES

if TYPE_CHECKING:
    from django.core.paginator import Page

    from core.http.htmx import HtmxRequest
    from features.library.models.reference import ReferenceQuerySet
    from features.library.references.pictures import StoredPictures

MAX_LISTED = 200
OFFERED = 12
NAMED = 8  # refusals that get a message of their own


class References(Resource[Reference]):
    """References; `?for=<model>` lists those that its form offers, with links back to it."""

    model, form = Reference, ReferenceForm
    at, list_route = "references/", "library:references"
    filters = ("q", "kind")
    list_template = "features/library/references/index.html"
    page_template = "features/library/references/reference.html"
    form_template = "features/library/references/form.html"

    def rows_of_list(self, request: HtmxRequest) -> Any:
        """Return the project's references, or those that the model's form offers."""
        if not endpoint_named(request.GET.get("for", "")):
            return super().rows_of_list(request)
        project = current.current(request)
        return self.rows().offered_in(project, request.user)

    def search_rows(self, rows: ReferenceQuerySet, request: HtmxRequest) -> Any:
        """Return the references that match `q` and `kind`."""
        kind = _kind(request)
        return super().search_rows(rows.filter(kind=kind) if kind else rows, request)

    def list_context(self, request: HtmxRequest, page: Page[Reference]) -> Mapping[str, Any]:
        """Return the references with their addresses, and the model for which one is chosen."""
        endpoint = endpoint_named(request.GET.get("for", ""))
        project, control = current.current(request), request.GET.get("field", "")
        return {
            "cards": [
                (
                    row,
                    using.address_in(endpoint, row, project, control)
                    if endpoint
                    else row.get_absolute_url(),
                )
                for row in page.object_list
            ],
            "kind": _kind(request),
            "kinds": Reference.Kind.choices,
            "endpoint": endpoint,
            "field": control[: using.MAX_FIELD_CHARS],
        }

    def page_context(self, request: HtmxRequest, row: Reference) -> Mapping[str, Any]:
        """Return its pictures, its versions, and each version's results."""
        readable_addresses = pictures.readable(request.user, row.pictures)
        runs_by_version = resolving.runs_by_version(request.user, row)
        versions = list(row.versions.select_related("made_by"))
        namesakes = Reference.objects.namesakes(request.user, row.project, row.name)
        return {
            "mention": using.mention_of(row, request.user, row.project),
            "pictures": [(address, address in readable_addresses) for address in row.pictures],
            "missing_count": len(row.pictures) - len(readable_addresses),
            "is_full": len(row.pictures) >= MAX_PICTURES,
            "most": MAX_PICTURES,
            "versions": [
                (version, tiles.tiles_of(runs_by_version.get(version.number, ())))
                for version in versions
            ],
            "is_one_of_several": namesakes.exclude(pk=row.pk).exists(),
            "lora_problem": row.lora and pictures.lora_problem(request.user, row.lora),
        }

    def form_of(self, request: HtmxRequest, row: Reference, **more: Any) -> KeptForm:
        """Return the form with the first results of a new reference."""
        artifact_keys = ticked(request, "artifact") or request.GET.getlist("artifact")
        artifact_keys = artifact_keys[:MAX_PICTURES] if row._state.adding else []
        return super().form_of(request, row, chosen=artifact_keys)

    def form_context(self, request: HtmxRequest, form: ReferenceForm) -> Mapping[str, Any]:
        """Return the chosen results, and existing references that could take them instead."""
        rows = Reference.objects.kept().in_project(form.instance.project, request.user)
        return {
            "chosen": [_chosen_result(request, text) for text in form.chosen],
            "others": rows.order_by("key")[:MAX_LISTED] if form.chosen else (),
        }

    def announce_save(self, request: HtmxRequest, row: Reference, form: ReferenceForm) -> None:
        """Add messages on pictures that were not added, and on how to use the reference."""
        report_added(request, form.added)
        hint = f" Write {row} in any prompt." if form.is_new else ""
        messages.success(request, f"{row} is saved.{hint}")


REFERENCES = References()


def _kind(request: HtmxRequest) -> str:
    kind = request.GET.get("kind", "")
    return kind if kind in Reference.Kind.values else ""


def _chosen_result(request: HtmxRequest, text: str) -> tuple[str, str]:
    """Return a chosen result and the address of its picture, empty if it cannot be read."""
    match = pictures.RESULT.fullmatch(text)
    artifact = (
        pictures.result_of(request.user, match["run"], int(match["position"])) if match else None
    )
    return text, artifact.get_absolute_url() if artifact and artifact.kind == "image" else ""


@require_POST
def version_recovery(request: HtmxRequest, pk: uuid.UUID, version: int) -> HttpResponse:
    """Restore an earlier version as the newest one."""
    reference = REFERENCES.find_changeable(request, pk)
    former = get_object_or_404(ReferenceVersion, reference=reference, number=version)
    saving.bring_back(reference, former, request.user)
    messages.success(request, f"{reference} is as in version {version} again.")
    return redirect(reference)


# Requests of a form's fields: the offered references, and the cover of one.


@limit("search")
@require_safe
@no_store
def offered(request: HtmxRequest) -> HttpResponse:
    """Render the references with the words in `?q=` as options of a list."""
    words = search_words(request).removeprefix("me/")
    rows = Reference.objects.offered_in(current.current(request), request.user)
    options = list(using.mentions_of(rows.with_words(words)[:OFFERED], request.user))
    return render(request, "features/library/references/_options.html", {"options": options})


@require_safe
@no_store
def cover(request: HtmxRequest) -> HttpResponse:
    """Redirect to the first picture of the reference that `?name=@bottle` means in the project.

    204 if there is none: the field shows a cover if possible, and its errors elsewhere.
    """
    key = mentions.whole(db_safe_text(request.GET.get("name", "")))
    rows = Reference.objects.offered_in(current.current(request), request.user)
    rows = rows.filter(key=key.removeprefix(mentions.OWN))
    row_mentions = using.mentions_of(rows, request.user)
    row = next((row for row, text in row_mentions if mentions.key_of(text) == f"@{key}"), None)
    if row is None or not row.cover:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return redirect(row.cover)


def report_added(request: HtmxRequest, added: StoredPictures) -> None:
    """Queue messages for the next page: which pictures were not added, and why."""
    for sentence in added.refusals[:NAMED]:
        messages.warning(request, sentence[:300])
    if len(added.refusals) > NAMED:
        messages.warning(request, f"{len(added.refusals) - NAMED} more were not added either.")
