"""What a model's page shows besides the form's own controls: tabs, stage, film strip, head and notice."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from django.db.models import BigAutoField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from catalog import change_log, related
from catalog.models import Endpoint, Revision
from catalog.prepared import Prepared, Slot
from playground import history, renderers, sessions
from playground.attendance import readiness
from playground.form import filling, json_view
from playground.form.filling import Filled
from playground.models import Run
from playground.querysets import RunQuerySet
from playground.transports import choices
from playground.views.runs import HtmxRequest

TABS = [
    ("playground", "Playground"),
    ("about", "About"),
    ("api", "API"),
    ("schema", "Schema"),
    ("runs", "Runs"),
]
STRIP = 12


def whole(
    request: HtmxRequest,
    found: Endpoint,
    filled: Filled,
    *,
    tab: str = "playground",
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """The page with one of its tabs."""
    context = {
        "endpoint": found,
        "is_starred": found.is_favourite,  # type: ignore[attr-defined]
        "model_changes": change_log.of_model(found),
        "successor": related.successor(found, Revision.current()) if _is_over(found) else None,
        "tabs": TABS,
        "tab": tab,
        "tab_template": f"playground/endpoint/_{tab}.html",
    }
    if tab == "playground":
        context |= form(found, filled, **more) | stage(request, found)
    return render(request, "playground/endpoint.html", context | more, status=status)


def _is_over(found: Endpoint) -> bool:
    return found.gone_at is not None or found.status == "deprecated"


def form(found: Endpoint, filled: Filled, **more: Any) -> dict[str, Any]:
    """What the form and all that belongs to it are drawn from."""
    return {
        "endpoint": found,
        "fields": filling.draw(found, filled.post, filled.problems),
        "is_json": json_view.is_json(filled.post),
        "notice": filled.notice,
        "undo": filled.undo,
        "mend": filled.mend,
        "made_for": filling.made_for(filled.post),
        "house": filled.house,
        "form_token": secrets.token_urlsafe(16),
        "tab_id": secrets.token_urlsafe(9),
        "readiness": readiness(),
        "is_live": choices.is_live(found) and found.is_runnable,
        "live_terms": sessions.terms(),
        "transports": choices.offered(found),
        "transport": choices.chosen(found, filled.post),
        "example_link": filling.example_link(found),
        **more,
    }


def stage(request: HttpRequest, found: Endpoint) -> dict[str, Any]:
    """The run that the address or the clock names, and the film strip."""
    latest = _latest(request, found)
    run = shown(request, request.GET.get("shown", "")) or _foremost(request, found, latest)
    return (renderers.context(run) if run else {}) | {"strip": _strip(latest)}


def _foremost(request: HttpRequest, found: Endpoint, latest: list[Run]) -> Run | None:
    """The newest run that is waited for; else the newest of all, if only its person can decide about it."""
    newest = latest[0] if latest else None
    run = next((one for one in latest if one.is_awaited), None)
    if run is None and len(latest) == STRIP:  # one of those that the strip does not hold
        older = _mine(request, found).unfinished().exclude(state=Run.State.UNCONFIRMED)
        run = older.with_endpoint().prefetch_related("artifacts").first()
    if run is None and newest and newest.state == Run.State.UNCONFIRMED:
        run = newest
    if run:
        run.refresh_from_db(fields=run.get_deferred_fields())  # which a list leaves out
    return run


def strip(request: HttpRequest, found: Endpoint) -> list[history.Row]:
    """The person's latest runs of the model."""
    return _strip(_latest(request, found))


def _strip(latest: list[Run]) -> list[history.Row]:
    return [history.row(run, "strip") for run in latest]


def _mine(request: HttpRequest, found: Endpoint) -> RunQuerySet:
    return Run.objects.filter(user_id=request.user.pk or 0, endpoint=found)


def _latest(request: HttpRequest, found: Endpoint) -> list[Run]:
    latest = _LATEST.all(user=request.user.pk or 0, endpoint=found.pk)
    for run in latest:
        run.endpoint = found
    return latest


_LATEST = Prepared(
    lambda: (
        Run.objects.filter(
            user_id=Slot("user", BigAutoField()), endpoint_id=Slot("endpoint", BigAutoField())
        )
        .recent()
        .select_related(None)[:STRIP]
    )
)


def shown(request: HttpRequest, text: str) -> Run | None:
    """The run of an address, where the person may see it."""
    try:
        pk = uuid.UUID(text)
    except ValueError:
        return None
    runs = Run.objects.visible_to(request.user).with_endpoint().prefetch_related("artifacts")
    return runs.filter(pk=pk).first()
