"""The start page with trainers and data sets; a new data set."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from catalog.models import Endpoint, Revision, Standing
from catalog.related.use_index import uses
from core.http.caching import no_store
from core.http.parameters import search_words
from core.http.posts import hidden
from fal.db_safe import db_safe_text
from features.training.data import adding, packing
from features.training.forms import DatasetForm
from features.training.models import Dataset, Weights
from features.training.results.settling import IS_TRAINER
from features.training.views.files import report_added
from projects import current, roles
from projects.rules import enforcement

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from core.http.htmx import HtmxRequest

LISTED = 24
MODELS = 60


@require_safe
@no_store
def index(request: HtmxRequest) -> HttpResponse:
    """List the project's data sets and the catalogue's trainers; `?q=` searches the trainers."""
    query = search_words(request)
    trainers = _trainers(query)
    context: dict[str, Any] = {
        "datasets": _datasets(request),
        "weights": current.rows_in_scope(Weights.objects.kept(), request).select_related(
            "training", "user"
        )[:6],
        "all_projects": current.is_of_all_projects(request),
        "trainers": trainers,
        "locks": enforcement.locks(current.current(request), trainers),
        "search_text": query,
    }
    return render(request, "features/training/training.html", context)


def _datasets(request: HtmxRequest) -> QuerySet[Dataset]:
    """Return the last changed data sets, without their thousands of files."""
    datasets = current.rows_in_scope(Dataset.objects.kept(), request)
    return datasets.select_related("endpoint", "user").defer("files")[:LISTED]


def _trainers(query: str) -> list[Endpoint]:
    """Return trainers, and other models that turn an archive into weights."""
    makers = uses(Revision.current()).takers("archive").get("training", [])
    usable = (
        Endpoint.objects.listed().exclude(standing=Standing.BLOCKED).exclude(status="deprecated")
    )
    endpoints = usable.filter(IS_TRAINER) | usable.filter(pk__in={maker.key for maker in makers})
    words = query.lower().split()
    columns = (*Endpoint.NAMED_BY, "description", "category", "unit_price_usd", "price_unit",
               "currency", "measured_price", "measured_unit", "position")  # fmt: skip
    rows = endpoints.only(*columns).order_by("position", "endpoint_id")
    return [row for row in rows if all(word in _text_of(row) for word in words)][:MODELS]


def _text_of(endpoint: Endpoint) -> str:
    return f"{endpoint.name} {endpoint.endpoint_id} {endpoint.description}".lower()


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def new(request: HtmxRequest) -> HttpResponse:
    """Show the form of a data set for the trainer `?model=`; a POST creates it with its files."""
    endpoint_id = hidden(request, "model") or request.GET.get("model", "")
    endpoint = get_object_or_404(Endpoint, endpoint_id=db_safe_text(endpoint_id)[:255])
    rules, project = packing.rules_for(endpoint), current.current(request)
    why_not = roles.refusal_to_make(request.user, project)
    new_dataset = Dataset(user=request.user, endpoint=endpoint, **project.for_new_work())
    form = DatasetForm(request.POST if request.method == "POST" else None, instance=new_dataset)
    if rules is None or why_not or not form.is_valid():
        context = {"endpoint": endpoint, "rules": rules, "why_not": why_not, "form": form}
        status = HTTPStatus.FORBIDDEN if why_not else HTTPStatus.UNPROCESSABLE_ENTITY
        is_refused = request.method == "POST" and rules is not None
        return render(
            request, "features/training/new.html", context, status=status if is_refused else 200
        )
    dataset = form.save()
    files = request.FILES.getlist("files")
    if files:
        report_added(request, adding.add_files(dataset, files, request.user))
    return redirect(dataset)
