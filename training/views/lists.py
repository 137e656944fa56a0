"""The start page with trainers and data sets; a new data set."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from catalog.models import Endpoint, Revision, Standing
from catalog.related.use_index import uses
from core.http.body_limits import takes_up_to
from core.http.caching import no_store
from core.http.parameters import parse_uuid, search_words
from fal.db_safe import db_safe_text
from projects import current, roles
from projects.rules import door
from training.data import adding, archives, packing
from training.models import Dataset, Weights
from training.results.settling import IS_TRAINER
from training.views import reports

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
        "weights": current.listed(Weights.objects.kept(), request).select_related(
            "training", "user"
        )[:6],
        "all_projects": current.is_of_all_projects(request),
        "trainers": trainers,
        "locks": door.locks(current.current(request), trainers),
        "asked": query,
        "deleted": parse_uuid(request.GET.get("deleted", "")),
    }
    return render(request, "training/training.html", context)


def _datasets(request: HtmxRequest) -> QuerySet[Dataset]:
    """Return the last changed data sets, without their thousands of files."""
    datasets = current.listed(Dataset.objects.kept(), request)
    return datasets.select_related("endpoint", "user").defer("files")[:LISTED]


def _trainers(query: str) -> list[Endpoint]:
    """Return the models that train, and others that turn an archive into weights."""
    makers = uses(Revision.current()).takers("archive").get("training", [])
    listed = (
        Endpoint.objects.listed().exclude(standing=Standing.BLOCKED).exclude(status="deprecated")
    )
    endpoints = listed.filter(IS_TRAINER) | listed.filter(pk__in={maker.key for maker in makers})
    words = query.lower().split()
    columns = (*Endpoint.NAMED_BY, "description", "category", "unit_price_usd", "price_unit",
               "currency", "measured_price", "measured_unit", "position")  # fmt: skip
    rows = endpoints.only(*columns).order_by("position", "endpoint_id")
    return [row for row in rows if all(word in _text_of(row) for word in words)][:MODELS]


def _text_of(endpoint: Endpoint) -> str:
    return f"{endpoint.name} {endpoint.endpoint_id} {endpoint.description}".lower()


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
@takes_up_to(archives.MAX_POST_MB)
def new(request: HtmxRequest) -> HttpResponse:
    """Ask for the first files of a data set for the trainer `?model=`; a POST creates it."""
    endpoint_id = request.POST.get("model", "") or request.GET.get("model", "")
    endpoint = get_object_or_404(Endpoint, endpoint_id=db_safe_text(endpoint_id)[:255])
    rules, project = packing.rules_for(endpoint), current.current(request)
    why_not = roles.refusal_to_make(request.user, project)
    if request.method != "POST" or rules is None or why_not:
        context = {"endpoint": endpoint, "rules": rules, "why_not": why_not}
        is_refused = request.method == "POST" and bool(why_not)
        status = HTTPStatus.FORBIDDEN if is_refused else HTTPStatus.OK
        return render(request, "training/new.html", context, status=status)
    name = db_safe_text(request.POST.get("name", "")).strip()[:200]
    word = db_safe_text(request.POST.get("trigger_word", "")).strip()[:100]
    dataset = Dataset.objects.create(
        user=request.user,
        endpoint=endpoint,
        name=name or word or f"Data set for {endpoint.name}"[:200],
        trigger_word=word,
        **project.for_new_work(),
    )
    files = request.FILES.getlist("files")
    if files:
        reports.report_added(request, adding.add_files(dataset, files, request.user))
    return redirect(dataset)
