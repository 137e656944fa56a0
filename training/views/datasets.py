"""A data set's page, its use in the trainer's form, and its deletion."""

from __future__ import annotations

import re
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST

from accounts import audit
from fal.db_safe import db_safe_text
from projects import roles
from projects.current import PARAMETER
from training.data import editing, packing
from training.display import dataset_page
from training.models import Dataset

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

no_store = cache_control(private=True, no_store=True)


def find(request: HtmxRequest, pk: uuid.UUID) -> Dataset:
    """Return a data set that the user sees."""
    seen = Dataset.objects.kept().shown_to(request.user)
    return get_object_or_404(seen.select_related("endpoint__schema", "project", "user"), pk=pk)


def find_changeable(request: HtmxRequest, pk: uuid.UUID) -> Dataset:
    """Return a data set; PermissionDenied if the user may only look at it."""
    dataset = find(request, pk)
    roles.require_maker(request.user, dataset.project)
    return dataset


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def dataset(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show files, captions and checks; a POST saves edits and handles the pressed button."""
    if request.method == "POST":
        return _posted(request, find_changeable(request, pk))
    return _page(request, find(request, pk))


def _page(
    request: HtmxRequest, dataset: Dataset, trouble: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    number = request.GET.get("page", "")
    page = int(number) if re.fullmatch(r"[0-9]{1,4}", number) else 1
    context = dataset_page.context(request.user, dataset, page) | {"trouble": trouble}
    return render(request, "training/dataset.html", context, status=status)


def _posted(request: HtmxRequest, dataset: Dataset) -> HttpResponse:
    """Save names and captions, then handle the button: remove, restore, trigger word."""
    _save(request, dataset)
    action, _, name = request.POST.get("do", "").partition(":")
    if action in {"remove", "restore"}:
        editing.set_removed(dataset, name, is_removed=action == "remove")
    elif action == "trigger" and dataset.trigger_word:
        editing.prepend_trigger(dataset, dataset.trigger_word)
    elif action == "form":
        return form(request, dataset.pk)
    page = request.GET.urlencode()
    return redirect(f"{dataset.get_absolute_url()}{'?' if page else ''}{page}")


def _save(request: HtmxRequest, dataset: Dataset) -> None:
    posted = request.POST
    dataset.name = db_safe_text(posted.get("name", "")).strip()[:200] or dataset.name
    word = db_safe_text(posted.get("trigger_word", dataset.trigger_word)).strip()
    dataset.trigger_word = word[: editing.MAX_TRIGGER_CHARS]
    dataset.save(update_fields=["name", "trigger_word", "changed_at"])
    captions = {key[8:]: posted.get(key, "") for key in posted if key.startswith("caption:")}
    names = {key[7:]: posted.get(key, "") for key in posted if key.startswith("rename:")}
    if captions or names:
        editing.save_texts(dataset, captions, names)


@require_POST
def form(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Make the ZIP and open the trainer's form with it, in the data set's project.

    With problems render the page again.
    """
    dataset = find_changeable(request, pk)
    rules = packing.rules_for(dataset.endpoint)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if rules is None:
        message = "This model no longer has a field for a data set."
        return _page(request, dataset, message, status)
    try:
        upload = packing.pack(dataset, rules, request.user)
    except ValueError as refusal:
        return _page(request, dataset, str(refusal), status)
    query = urlencode({PARAMETER: dataset.project.key, "dataset": f"{dataset.pk}/{upload.pk}"})
    return redirect(f"{dataset.endpoint.get_absolute_url()}?{query}")


@require_POST
def deletion(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Delete a data set; its trainings and weights stay, and the list offers to undo it."""
    dataset = find(request, pk)
    roles.require_for(request.user, dataset)
    dataset.deleted_at = timezone.now()
    with transaction.atomic():
        dataset.save(update_fields=["deleted_at"])
        audit.record(request.user, "deleted", [dataset])
    return redirect(f"{reverse('training:training')}?deleted={dataset.pk}")
