"""Where upstream reports the end of a run."""

from __future__ import annotations

import logging

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from catalog import outages
from fal.webhooks import is_well_formed
from playground import webhooks

log = logging.getLogger(__name__)


@csrf_exempt
@login_not_required
@require_POST
def fal(request: HttpRequest, token: str) -> HttpResponse:
    """Take a delivery by its raw bytes; 429 makes upstream repeat it when it cannot be kept now.

    What is not even signed is refused by its headers: megabytes of anybody's are not read.
    """
    headers = _as_sent(request)
    if not is_well_formed(headers, timezone.now().timestamp()):
        return HttpResponse(status=webhooks.Taken.FORGED)
    body = request.read(webhooks.LARGEST_BYTES + 1)
    if len(body) > webhooks.LARGEST_BYTES:
        return HttpResponse(status=413)
    try:
        return HttpResponse(status=webhooks.receive(token, headers, body))
    except DatabaseError as error:
        outages.tell(log, error, "a webhook could not be kept; upstream delivers it again")
        return HttpResponse(status=webhooks.Taken.LATER)


def _as_sent(request: HttpRequest) -> dict[str, str]:
    """The headers as UTF-8, which is what was signed; Django reads them as Latin-1."""
    return {
        name: value.encode("latin-1", "replace").decode("utf-8", "surrogateescape")
        for name, value in request.headers.items()
    }
