"""“Our weights”: the list, a page with the uses of each, renaming and deletion."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from core.http.parameters import page_number, parse_uuid
from fal.db_safe import db_safe_text
from projects import current, roles
from runs.models import Run
from training.display import weights_page
from training.models import Weights

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

no_store = cache_control(private=True, no_store=True)


@require_safe
@no_store
def index(request: HtmxRequest) -> HttpResponse:
    """List the project's weights, newest first; `?q=` searches by name or trigger word."""
    query = db_safe_text(request.GET.get("q", "")).strip()[:200]
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
    row = _find(request, pk)
    if request.method == "POST":
        roles.require_maker(request.user, row.project)
        row.name = db_safe_text(request.POST.get("name", "")).strip()[:200] or row.name
        row.save(update_fields=["name"])
        return redirect(row)
    return render(request, "training/weights_page.html", weights_page.page(request.user, row))


def _find(request: HtmxRequest, pk: uuid.UUID) -> Weights:
    """Return weights that the user sees."""
    seen = Weights.objects.kept().shown_to(request.user)
    return get_object_or_404(seen.select_related("project", *weights_page.ROWS), pk=pk)


@require_POST
def deletion(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Remove weights from the list, which offers an undo; their run and its file stay."""
    row = _find(request, pk)
    roles.require_for(request.user, row)
    row.deleted_at = timezone.now()
    with transaction.atomic():
        row.save(update_fields=["deleted_at"])
        audit.record(request.user, "deleted", [row])
    return redirect(f"{reverse('training:weights')}?deleted={row.pk}")
