"""The page of a question: the run that a program wants to start, its cost, and the answer."""

from __future__ import annotations

import json
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.http import Http404, HttpRequest, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import resolve
from django.views.decorators.http import require_http_methods

from api import consents
from api.charges import CHARGE
from api.contract.document import BASE
from api.contract.operation import JSON
from api.models import Consent
from api.reach import PARAMETER
from api.spending import Charge
from catalog.models import Endpoint
from catalog.schema_versions import version_of
from core.http.caching import no_store
from core.http.posts import is_posted
from features.flows.models import FlowRun
from playground.display.result.settings import settings_in
from runs.models import Run
from runs.start.confirmation import Confirmation
from runs.start.starting import title

if TYPE_CHECKING:
    from django.http import HttpResponse

    from core.http.htmx import HtmxRequest

RUN = "run"  # the button that says yes
NO_TOKEN = "The program's token is no longer valid. Nothing was run."  # noqa: S105  a sentence


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def answer_consent(request: HtmxRequest, signed: str) -> HttpResponse:
    """Show the question to the token's person only; a POST answers it, and a yes starts the run."""
    rows = Consent.objects.select_related("token__user", "project")
    rows = rows.filter(token__user=request.user)
    consent = get_object_or_404(rows, pk=consents.read_address(signed))
    refusal = ""
    if request.method == "POST":
        agrees = is_posted(request, RUN)
        consents.answer(consent, Consent.Way.PAGE, "", agrees=agrees)
        if agrees and consent.state == Consent.State.AGREED:
            refusal = _start(request, consent)
            consent.refresh_from_db()
        if consent.started and not refusal:
            return redirect(_started(consent))
    context = _context(consent) | {"refusal": refusal}
    status = HTTPStatus.CONFLICT if refusal else HTTPStatus.OK
    return render(request, "api/consent.html", context, status=status)


def _start(request: HtmxRequest, consent: Consent) -> str:
    """Make the call of the question with its token; return why it was refused, or an empty text."""
    if consent.token.revoked_at or consent.token.is_expired:
        return NO_TOKEN
    inner = HttpRequest()
    inner.method, inner.path = "POST", f"{BASE}{consent.path}"
    inner.path_info = inner.path
    query = QueryDict(mutable=True)
    query["consent"] = str(consent.pk)
    if consent.named:
        query[PARAMETER] = consent.named
    inner.GET = query  # type: ignore[assignment]
    confirmed = Confirmation.parse(consent.answer)
    charge = Charge(
        None if confirmed.is_unknown_fine else confirmed.most, Decimal(settings.MCP_SPENDING_CAP)
    )
    inner.META = {**request.META, "CONTENT_TYPE": JSON, "asgi.scope": {CHARGE: charge}}
    inner.content_type = JSON
    inner._body = json.dumps(consent.body).encode()
    # Token budgets read the outer request, so both requests get the token.
    for asking in (request, inner):
        asking.user, asking.api_token = consent.token.user, consent.token  # type: ignore[attr-defined]
    view, _, values = resolve(inner.path)
    answer = cast("HttpResponse", view(inner, **values))
    if answer.status_code < HTTPStatus.BAD_REQUEST:
        return ""
    return str(json.loads(answer.content).get("detail") or "The run could not be started.")


def _started(consent: Consent) -> Run | FlowRun:
    """Return the run that a yes has started; raises Http404 if it was deleted since."""
    rows: Any = Run.objects if consent.path == "/runs" else FlowRun.objects
    row: Run | FlowRun | None = rows.filter(pk=consent.started).first()
    if row is None:
        raise Http404
    return row


def _context(consent: Consent) -> dict[str, Any]:
    endpoint = None
    if consent.path == "/runs":
        endpoint = Endpoint.objects.filter(endpoint_id=consent.subject).first()
    context: dict[str, Any] = {
        "consent": consent,
        "endpoint": endpoint,
        "left": consents.left(consent),
        "is_known": consent.price.startswith("$"),
        "started": _started(consent) if consent.started else None,
    }
    if endpoint is not None:
        setting_rows = settings_in(version_of(endpoint).root, consent.inputs)
        return context | {"title": title(consent.inputs), "rows": setting_rows.changed}
    return context | {"inputs": consent.body.get("inputs", {})}
