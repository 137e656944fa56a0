"""Adds files to a data set: posted ones, and results of past runs; reports what was added."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from core.http.caching import no_store
from core.http.parameters import page_number, search_words
from core.http.posts import ticked
from features.training.data import adding, packing
from features.training.data.adding import AddResult
from features.training.views.datasets import DATASETS
from runs.files import uploads

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

MAX_SKIPPED_NAMED = 8


def report_added(request: HttpRequest, added: AddResult) -> None:
    """Queue messages for the next page: which files were added, and why others were not."""
    parts = []
    if added.files:
        parts.append(f"{len(added.files)} file{'' if len(added.files) == 1 else 's'}")
    if added.captions:
        parts.append(f"{added.captions} caption{'' if added.captions == 1 else 's'}")
    if parts:
        messages.info(request, f"{' and '.join(parts)} added.")
    for sentence in added.skipped[:MAX_SKIPPED_NAMED]:
        messages.warning(request, sentence[:300])
    if len(added.skipped) > MAX_SKIPPED_NAMED:
        messages.warning(
            request, f"{len(added.skipped) - MAX_SKIPPED_NAMED} more were not added either."
        )
    if not parts and not added.skipped:
        messages.warning(request, "No file arrived. Choose some and try again.")


@require_POST
def files(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Add posted files: media, captions, ZIPs of both."""
    dataset = DATASETS.find_changeable(request, pk)
    added = adding.add_files(dataset, request.FILES.getlist("files"), request.user)
    report_added(request, added)
    return redirect(dataset)


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def results(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Offer results of the kinds that the trainer takes; a POST adds the chosen ones."""
    dataset = DATASETS.find_changeable(request, pk)
    if request.method == "POST":
        result_keys = ticked(request, "result")[: uploads.PAGE_SIZE]
        report_added(request, adding.add_results(dataset, result_keys, request.user))
        return redirect(dataset)
    rules = packing.rules_for(dataset.endpoint)
    kinds = rules.kinds if rules else ("image",)
    kind = request.GET.get("kind", "")
    kind = kind if kind in kinds else kinds[0]
    query = search_words(request)
    page = page_number(request.GET.get("page", ""))
    choices = uploads.results(request.user, kind, query, page, dataset.project)
    context = {"dataset": dataset, "choices": choices, "kinds": kinds, "kind": kind, "q": query}
    return render(request, "features/training/results.html", context)
