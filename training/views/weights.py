"""“Our weights”: the list, a page with the uses of each, renaming and deletion."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from core.http.caching import no_store
from core.http.parameters import page_number, parse_uuid, search_words
from kept.resource import Resource
from projects import current, roles
from runs.models import Run
from training.display import weights_page
from training.forms import WeightsForm
from training.models import Weights

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


class AllWeights(Resource[Weights]):
    """Weights; their run and its file stay when they leave the list."""

    model, parts = Weights, ("recovery", "deletion")
    at, list_route = "weights/", "training:weights"

    def rows(self) -> Any:
        """Return the weights with their trainings."""
        return super().rows().select_related("project", *weights_page.ROWS)


WEIGHTS = AllWeights()


@require_safe
@no_store
def index(request: HtmxRequest) -> HttpResponse:
    """List the project's weights, newest first; `?q=` searches by name or trigger word."""
    query = search_words(request)
    page = page_number(request.GET.get("page", ""))
    rows = current.listed(Weights.objects.kept(), request)
    context = weights_page.listing(rows, current.listed(Run.objects.kept(), request), query, page)
    context |= {
        "deleted": parse_uuid(request.GET.get("deleted", "")),
        "all_projects": current.is_of_all_projects(request),
    }
    return render(request, "training/weights.html", context)


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
    context = weights_page.page(request.user, row) | {"form": form}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "training/weights_page.html", context, status=status)
