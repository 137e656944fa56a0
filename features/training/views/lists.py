"""The list of data sets, and a new one."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from catalog.models import Endpoint
from core.http.caching import no_store
from core.http.posts import hidden
from fal.db_safe import db_safe_text
from features.training.data import adding, packing
from features.training.forms import DatasetForm
from features.training.models import Dataset
from features.training.views.files import report_added
from projects import current, roles

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

LISTED = 24


@require_safe
@no_store
def index(request: HtmxRequest) -> HttpResponse:
    """List the project's data sets, the last changed first, without their thousands of files."""
    datasets = current.rows_in_scope(Dataset.objects.kept(), request)
    context = {
        "datasets": datasets.select_related("endpoint", "user").defer("files")[:LISTED],
        "all_projects": current.is_of_all_projects(request),
    }
    return render(request, "features/training/training.html", context)


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
