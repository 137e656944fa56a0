"""A data set's page, its use in the trainer's form, and its deletion."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from core.http.caching import no_store
from core.http.parameters import page_number
from core.http.posts import controls, pressed
from features.training.data import editing, packing
from features.training.display import pages
from features.training.forms import DatasetForm
from features.training.models import Dataset
from projects.current import PARAMETER
from projects.kept.resource import Resource

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


class Datasets(Resource[Dataset]):
    """Data sets; trainings and weights outlive their data set."""

    model, parts = Dataset, ("deletion",)
    at, list_route = "data-sets/", "training:training"
    deletion_message = "The data set is deleted. Its trainings are kept."

    def rows(self) -> Any:
        """Return the data sets with their trainers."""
        return super().rows().select_related("endpoint__schema", "project", "user")


DATASETS = Datasets()


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def dataset(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show files, captions and checks; a POST saves edits and handles the pressed button."""
    if request.method == "POST":
        return _posted(request, DATASETS.find_changeable(request, pk))
    return _render_dataset(request, DATASETS.find(request, pk))


def _render_dataset(
    request: HtmxRequest,
    dataset: Dataset,
    trouble: str = "",
    status: int = HTTPStatus.OK,
    form: DatasetForm | None = None,
) -> HttpResponse:
    page = page_number(request.GET.get("page", ""))
    context = pages.dataset_context(request.user, dataset, page)
    context |= {"trouble": trouble, "form": form or DatasetForm(instance=dataset)}
    return render(request, "features/training/dataset.html", context, status=status)


def _posted(request: HtmxRequest, dataset: Dataset) -> HttpResponse:
    """Save names and captions, then handle the button: remove, restore, trigger word."""
    names = DatasetForm(request.POST, instance=dataset)
    if names.is_valid():
        names.save()
    _save_texts(request, dataset)
    if names.errors:
        dataset.refresh_from_db()
        return _render_dataset(request, dataset, status=HTTPStatus.UNPROCESSABLE_ENTITY, form=names)
    action, name = pressed(request, name="do")
    if action in {"remove", "restore"}:
        editing.set_removed(dataset, name, is_removed=action == "remove")
    elif action == "trigger" and dataset.trigger_word:
        editing.prepend_trigger(dataset, dataset.trigger_word)
    elif action == "form":
        return form(request, dataset.pk)
    page = request.GET.urlencode()
    return redirect(f"{dataset.get_absolute_url()}{'?' if page else ''}{page}")


def _save_texts(request: HtmxRequest, dataset: Dataset) -> None:
    """Save the posted captions and new names, each by the file's name."""
    posted_texts = {name: values[-1] for name, values in controls(request).items()}
    captions = {key[8:]: text for key, text in posted_texts.items() if key.startswith("caption:")}
    names = {key[7:]: text for key, text in posted_texts.items() if key.startswith("rename:")}
    if captions or names:
        editing.save_texts(dataset, captions, names)


@require_POST
def form(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Make the ZIP and open the trainer's form with it, in the data set's project.

    If there are problems, render the page again.
    """
    dataset = DATASETS.find_changeable(request, pk)
    rules = packing.rules_for(dataset.endpoint)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if rules is None:
        message = "This model no longer has a field for a data set."
        return _render_dataset(request, dataset, message, status)
    try:
        upload = packing.pack(dataset, rules, request.user)
    except ValueError as refusal:
        return _render_dataset(request, dataset, str(refusal), status)
    query = urlencode({PARAMETER: dataset.project.key, "dataset": f"{dataset.pk}/{upload.pk}"})
    return redirect(f"{dataset.endpoint.get_absolute_url()}?{query}")
