"""Receives upstream's webhooks about the end of runs."""

from __future__ import annotations

import logging

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.limits.rate_limit import unlimited
from core.db import transient_errors
from fal.messages.webhooks import is_well_formed
from runs.worker.webhooks import deliveries

log = logging.getLogger(__name__)


@unlimited
@csrf_exempt
@login_not_required
@require_POST
def fal(request: HttpRequest, token: str) -> HttpResponse:
    """Store a delivery's raw body; if that fails, 429 makes upstream deliver it again.

    Deliveries without well-formed signature headers are rejected before their body is read: anybody
    could send megabytes.
    """
    headers = _signed_headers(request)
    if not is_well_formed(headers, timezone.now().timestamp()):
        return HttpResponse(status=deliveries.Receipt.FORGED)
    body = request.read(deliveries.LARGEST_BYTES + 1)
    if len(body) > deliveries.LARGEST_BYTES:
        return HttpResponse(status=413)
    try:
        return HttpResponse(status=deliveries.receive(token, headers, body))
    except DatabaseError as error:
        transient_errors.log_failure(
            log, error, "a webhook could not be stored; upstream will deliver it again"
        )
        return HttpResponse(status=deliveries.Receipt.LATER)


def _signed_headers(request: HttpRequest) -> dict[str, str]:
    """Return the headers as UTF-8, which was signed; Django decodes them as Latin-1."""
    return {
        name: value.encode("latin-1", "replace").decode("utf-8", "surrogateescape")
        for name, value in request.headers.items()
    }
