"""“Our weights”: the list, a page for each with its uses, renaming and deletion."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from core.http.caching import no_store
from features.training.display import pages
from features.training.forms import WeightsForm
from features.training.models import Weights
from projects import current, roles
from projects.kept.resource import Resource
from runs.models import Run
from runs.models.querysets import heavy_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.core.paginator import Page

    from core.http.htmx import HtmxRequest


class AllWeights(Resource[Weights]):
    """Weights; deleting them keeps their run and its file."""

    model, parts = Weights, ("list", "deletion")
    at, list_route = "weights/", "training:weights"
    on_page, deletion_message = 24, "The weights are removed. Their run is kept."
    list_template, row_template = (
        "features/training/weights.html",
        "features/training/_weights.html",
    )

    def rows(self) -> Any:
        """Return the weights with their trainings."""
        rows = super().rows().select_related("project", *pages.ROWS)
        return rows.defer(*heavy_columns("training__run__"))

    def list_context(self, request: HtmxRequest, page: Page[Weights]) -> Mapping[str, Any]:
        """Return the cards: the origin of each, and its samples in this project."""
        runs = current.rows_in_scope(Run.objects.kept(), request)
        return {"rows": pages.cards(page.object_list, runs)}


WEIGHTS = AllWeights()


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def weights(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show weights with the models that take them and their samples; a POST renames them."""
    row = WEIGHTS.find(request, pk)
    if request.method == "POST":
        roles.require_maker(request.user, row.project)
    form = WeightsForm(request.POST if request.method == "POST" else None, instance=row)
    if form.is_valid():
        form.save()
        return redirect(row)
    context = pages.page_context(request.user, row) | {"form": form}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "features/training/weights_page.html", context, status=status)
