"""`/metrics`: for Prometheus, with METRICS_TOKEN. No session, no limit, no line in the log."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe

from accounts.limits.rate_limit import unlimited

TEXT = "text/plain; version=0.0.4; charset=utf-8"  # the version of Prometheus's format
NOT_KEPT = {"Cache-Control": "no-store"}


@unlimited
@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return all metrics; 401 without the token, 404 if none is set."""
    if not settings.METRICS_TOKEN:
        return _refused(HTTPStatus.NOT_FOUND)
    authorization = request.headers.get("Authorization", "")
    if not constant_time_compare(authorization, f"Bearer {settings.METRICS_TOKEN}"):
        response = _refused(HTTPStatus.UNAUTHORIZED)
        response.headers["WWW-Authenticate"] = 'Bearer realm="metrics"'
        return response
    # Imported at the first request: most processes never get one.
    from house.operations.metrics import exposition

    return HttpResponse(exposition.render(), content_type=TEXT, headers=NOT_KEPT)


def _refused(status: HTTPStatus) -> HttpResponse:
    response = HttpResponse(status.phrase, status=status, content_type=TEXT, headers=NOT_KEPT)
    response._has_been_logged = True  # type: ignore[attr-defined]  # it asks several times a minute
    return response
