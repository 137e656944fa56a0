"""The dialog in which a field's file is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.http.caching import no_store
from features.library import picker
from runs.files import uploads

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

KINDS = {*uploads.KINDS, "weights", "archive"}


@require_safe
@no_store
def choices(request: HtmxRequest) -> HttpResponse:
    """Render the dialog that offers results, uploads or series for a field of `?kind=`."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else "file"
    source = picker.source_of(request, picker.RESULTS)
    context = picker.opened(request, kind) or picker.offer(request, source, kind)
    return render(request, "playground/media/picker.html", context | {"kind": kind})
