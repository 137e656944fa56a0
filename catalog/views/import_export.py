"""Downloads of catalogue entries and collections, and an import with preview."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts import permissions
from accounts.audit import trail
from accounts.limits.rate_limit import limit
from catalog.curation import import_export
from catalog.curation.permissions import curators_only
from catalog.locks import locks_of
from catalog.model_records import records_for
from catalog.models import Collection, Favourite, Revision
from catalog.search.query import Query
from core.forms import DocumentForm
from core.http.downloads import download
from core.http.posts import is_posted
from fal.db_safe import db_safe_text

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

LARGEST_MB = import_export.LARGEST_BYTES >> 20


@curators_only(permissions.VIEW_COLLECTION)
@require_safe
def export(request: HtmxRequest) -> HttpResponseBase:
    """Download all collections in one file, drafts too; with `?of=<slug>` only one."""
    slug = db_safe_text(request.GET.get("of", ""))
    collections = [get_object_or_404(Collection, slug=slug)] if slug else None
    try:
        response = as_file(collections, f"collection-{slug}" if slug else "collections")
        trail.record_export(request, collections or Collection.objects.all())
        return response
    except ValueError as error:
        messages.error(request, str(error))
        return redirect("catalog:collections")


def as_file(collections: Iterable[Collection] | None, name: str) -> HttpResponseBase:
    """Return these collections, or all, as a download; raises ValueError with a message."""
    return download(import_export.export(collections), f"{name}.json")


@require_safe
def export_models(request: HtmxRequest) -> HttpResponseBase:
    """Download upstream's listing entries of everything that a search finds."""
    starred = frozenset(Favourite.objects.endpoints_of(request.user))
    revision = Revision.current()
    locked = locks_of(request, revision).models
    query, records = Query.from_params(request.GET), records_for(request)
    return download(import_export.export_catalogue(query, starred, locked, records), "models.json")


@limit("file")
@curators_only(permissions.CHANGE_COLLECTION)
@require_http_methods(["GET", "HEAD", "POST"])
def import_(request: HtmxRequest) -> HttpResponseBase:
    """Preview what a file's collections would change; with `confirm`, apply it."""
    form_data = (request.POST, request.FILES) if request.method == "POST" else ()
    form = DocumentForm(*form_data, accept="application/json, .json")
    form.fields["file"].label = f"File of collections (JSON, at most {LARGEST_MB} MB)"
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "catalog/import.html", {"form": form}, status=status)
    file, text = form.cleaned_data["file"], form.cleaned_data["text"]
    try:
        if file is not None:
            text = _read(file.read(import_export.LARGEST_BYTES + 1))
        entries = import_export.parse(text)
        if not is_posted(request, "confirm"):
            steps = import_export.plan(entries)
            return render(request, "catalog/import.html", {"steps": steps, "text": text})
        collections = import_export.apply(entries, request.user)
    except ValueError as error:
        form.refuse(str(error))
        return render(request, "catalog/import.html", {"form": form}, status=422)
    messages.success(
        request, f"{len(collections)} collection{'s' * (len(collections) != 1)} imported."
    )
    return redirect("catalog:collections")


def _read(content: bytes) -> str:
    if len(content) > import_export.LARGEST_BYTES:
        raise ValueError(f"The file is larger than {LARGEST_MB} MB.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("This is not UTF-8 text, so it is not JSON.") from error
