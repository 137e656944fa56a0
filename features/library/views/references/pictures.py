"""Adds, orders and removes the pictures of a reference."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from core.http.caching import no_store
from core.http.parameters import page_number, parse_uuid, search_words
from core.http.posts import hidden, pressed, ticked
from features.library.references import pictures, saving
from features.library.views.references.references import REFERENCES, report_added
from runs.files import uploads

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


@require_POST
def change_pictures(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Add `files` and `artifact`s, remove or move a picture (`~do`), or order them (`picture`)."""
    reference = REFERENCES.find_changeable(request, pk)
    verb, at = pressed(request, "add")
    if verb == "add":
        files, artifact_keys = request.FILES.getlist("files"), ticked(request, "artifact")
        before = reference.pictures
        added = pictures.add(request.user, reference.project, before, files, artifact_keys)
        if not files and not artifact_keys:
            added.refusals.append("No picture arrived. Choose some and try again.")
        report_added(request, added)
        saving.set_pictures(reference, added.addresses, request.user)
    elif verb == "order":
        order = ticked(request, "picture")
        if sorted(order) == sorted(reference.pictures):  # else it was changed meanwhile
            saving.set_pictures(reference, order, request.user)
    else:
        moved = _moved(reference.pictures, verb, at)
        saving.set_pictures(reference, moved, request.user)
    return redirect(f"{reference.get_absolute_url()}#pictures")


def _moved(addresses: list[str], verb: str, address: str) -> list[str]:
    """Return the addresses with one removed or moved by one place."""
    if address not in addresses:
        return addresses
    place, others = addresses.index(address), [item for item in addresses if item != address]
    steps = {"back": -1, "on": 1}
    if verb in steps:
        others.insert(min(max(place + steps[verb], 0), len(others)), address)
    return others if verb in {*steps, "remove"} else addresses


@require_POST
def addition(request: HtmxRequest) -> HttpResponse:
    """Add `artifact`s to the `reference` that was chosen in the form for new references."""
    pk = parse_uuid(hidden(request, "reference"))
    if pk is None:
        messages.warning(request, "Choose the reference that the picture belongs to.")
        return redirect("library:references")
    return change_pictures(request, pk)


@require_safe
@no_store
def offer_results(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Offer the project's pictures for adding; `?q=` searches by prompt and model."""
    reference = REFERENCES.find_changeable(request, pk)
    query = search_words(request)
    number = page_number(request.GET.get("page", ""))
    choices = uploads.results(request.user, "image", query, number, reference.project)
    context = {"reference": reference, "choices": choices, "q": query}
    return render(request, "features/library/references/results.html", context)
