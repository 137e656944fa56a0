"""Records what browsers refused to load by the Content-Security-Policy (`report-uri`).

A report shows what an attacker, an extension or a mistake of ours tried. Each kind is stored once,
with a count. Anybody can send reports, so their number and length are limited.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.limits.rate_limit import limit
from api.http.reading import loads_posted
from house.operations.models import CspReport

LARGEST_BYTES = 16 << 10
KEPT = 100  # kinds; the one not seen for longest is deleted
WEB = {"http", "https", "ws", "wss"}


@csrf_exempt
@login_not_required
@limit("csp-report")
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """Count a report; 400 for anything else, 204 also for reports from other sites' pages."""
    body = request.read(LARGEST_BYTES + 1)
    try:
        report = loads_posted(body.decode())["csp-report"] if len(body) <= LARGEST_BYTES else {}
        page = urlsplit(str(report["document-uri"]))
        refused_kind = _kind(report)
    except (ValueError, TypeError, KeyError):
        return HttpResponse(status=400)
    with suppress(Resolver404):
        if page.netloc == request.get_host():
            # Not the path: a share's or a login link's path is a secret.
            _count({**refused_kind, "page": f"/{resolve(page.path).route}"})
    return HttpResponse(status=204)


def _kind(report: Mapping[str, Any]) -> dict[str, str]:
    """Return what was refused, without private parts: only the origin of an address."""
    directive = str(report.get("effective-directive") or report["violated-directive"])
    blocked = str(report.get("blocked-uri") or "inline")
    address = urlsplit(blocked)
    if address.scheme:
        is_web = address.scheme in WEB
        blocked = f"{address.scheme}://{address.netloc}" if is_web else f"{address.scheme}:"
    return {"directive": directive.split(" ")[0][:64], "blocked": blocked[:255]}


def _count(kind: dict[str, Any]) -> None:
    with transaction.atomic():
        row, is_new = CspReport.objects.get_or_create(**kind)
        CspReport.objects.filter(pk=row.pk).update(times=F("times") + 1, last_at=timezone.now())
        if is_new:
            newest = CspReport.objects.values_list("pk", flat=True)[:KEPT]
            CspReport.objects.exclude(pk__in=list(newest)).delete()
