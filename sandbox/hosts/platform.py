"""api.fal.ai/v1: the catalogue, prices, requests and their counts."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from sandbox.contract.registry import Model
from sandbox.execution.engine import Request
from sandbox.faults import error, reply
from sandbox.hosts import account
from sandbox.hosts.web import Refused, demand_key, invalid, listed_values, page_of, route, time_of
from sandbox.state import Sandbox

MAX_IDS, MAX_LIMIT, MAX_EXPANDED, MAX_REQUESTS = 50, 1000, 10, 100
OPENAPI, ENTERPRISE = "openapi-3.0", "enterprise_status"
# A count of the analytics and the outcome that it counts; None: any.
OUTCOMES = {
    "request_count": None,
    "success_count": "success",
    "user_error_count": "user_error",
    "error_count": "error",
}


def routes(sandbox: Sandbox) -> list[Route]:
    """The routes of the Platform API."""
    return [
        route(sandbox, "/models", "GET", _kind, models),
        route(sandbox, "/models/pricing", "GET", "pricing", pricing),
        route(sandbox, "/models/requests/by-endpoint", "GET", "requests", requests),
        route(sandbox, "/models/analytics", "GET", "analytics", analytics),
        *account.routes(sandbox),
        route(sandbox, "/{path:path}", "GET POST", "unknown", unknown),
    ]


def _kind(http: HttpRequest) -> str:
    query = http.query_params
    if OPENAPI in query.getlist("expand"):
        return "expand"
    if "endpoint_id" in query:
        return "find"
    return "search" if {"q", "category", "status"} & set(query) else "list"


async def models(http: HttpRequest, sandbox: Sandbox) -> Response:
    """List, find or search models, depending on the query parameters."""
    demand_key(http, sandbox, "list", optional=True)
    expand = http.query_params.getlist("expand")
    if unknown := set(expand) - {OPENAPI, ENTERPRISE}:
        raise invalid(f"expand: {sorted(unknown)[0]!r} is not one of {OPENAPI!r}, {ENTERPRISE!r}")
    highest = MAX_EXPANDED if OPENAPI in expand else MAX_LIMIT
    answer = page_of(http, "models", _selected(http, sandbox), highest)
    answer["models"] = [entry(model, sandbox, expand) for model in answer["models"]]
    if "sort" in http.query_params:
        answer["ordering"] = {"sort": http.query_params["sort"]}
    return reply(answer)


async def pricing(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return the unit prices of up to 50 endpoints."""
    demand_key(http, sandbox, "pricing")
    prices = [
        {
            "endpoint_id": model.endpoint_id,
            "unit_price": sandbox.prices.get(model.endpoint_id, model.unit_price),
            "unit": model.unit,
            "currency": "USD",
        }
        for model in _by_ids(_required_ids(http), _listed(sandbox))
    ]
    return reply({"prices": prices, "next_cursor": None, "has_more": False})


async def requests(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return the latest requests of the given endpoints."""
    demand_key(http, sandbox, "requests")
    query = http.query_params
    matches = [
        request
        for request in reversed(_requests_of(http, sandbox, query.get("start")))
        if query.get("request_id", request.id) == request.id
        and query.get("status") in (None, _outcome(request))
    ]
    answer = page_of(http, "items", matches, MAX_REQUESTS)
    payloads, now = "payloads" in query.getlist("expand"), sandbox.clock.now()
    answer["items"] = [
        _row(request, payloads and request.has_payloads(now)) for request in answer["items"]
    ]
    return reply(answer)


async def analytics(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Count the ended requests of each endpoint (protocol, 17.2), without durations and periods."""
    demand_key(http, sandbox, "analytics")
    expand = set(listed_values(http, "expand"))
    counts = [name for name in OUTCOMES if name in expand]
    if not counts or expand != {"summary", *counts}:
        raise invalid(f"expand needs summary and some of {', '.join(OUTCOMES)}")
    start = http.query_params.get("start") or str(datetime.now(UTC) - timedelta(days=1))
    outcomes: dict[str, list[str]] = {}
    for request in _requests_of(http, sandbox, start):
        if outcome := _outcome(request):
            outcomes.setdefault(request.model.endpoint_id, []).append(outcome)
    rows = [
        {"endpoint_id": name} | {count: _count(own, OUTCOMES[count]) for count in counts}
        for name, own in outcomes.items()
    ]
    return reply({"summary": rows, "next_cursor": None, "has_more": False})


async def unknown(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return fal's 404 for any other path."""
    return error("list", 404, f"There is nothing at {http.url.path}")


def _selected(http: HttpRequest, sandbox: Sandbox) -> list[Model]:
    query = http.query_params
    sort = query.get("sort", "relevant")
    if sort not in ("relevant", "recent"):
        raise invalid("sort must be 'relevant' or 'recent'")
    if query.get("status", "active") not in ("active", "deprecated"):
        raise invalid("status must be 'active' or 'deprecated'")
    ids = query.getlist("endpoint_id")
    matches = _by_ids(ids, _listed(sandbox)) if ids else _listed(sandbox)
    for name in ("category", "status"):
        if (value := query.get(name)) is not None:
            matches = [model for model in matches if model.metadata[name] == value]
    if words := query.get("q", "").lower().split():
        scores = {model.endpoint_id: _score(model, words) for model in matches}
        matches = [model for model in matches if scores[model.endpoint_id]]
        matches.sort(key=lambda model: -scores[model.endpoint_id])
    if sort == "recent" and not ids:
        matches.sort(key=lambda model: str(model.metadata["date"]), reverse=True)
    return matches


def _score(model: Model, words: list[str]) -> int:
    """Return a score for the words, 0 unless every one occurs; the name weighs most."""
    metadata = model.metadata
    weights = (
        (8, metadata["display_name"]),
        (4, model.endpoint_id),
        (3, model.category),
        (1, metadata["description"]),
    )
    scores = [sum(weight for weight, text in weights if word in text.lower()) for word in words]
    return sum(scores) if all(scores) else 0


def _listed(sandbox: Sandbox) -> list[Model]:
    hidden = sandbox.hidden
    return [
        model for model in sandbox.registry if model.is_listed and model.endpoint_id not in hidden
    ]


def _required_ids(http: HttpRequest) -> list[str]:
    if not (ids := listed_values(http, "endpoint_id")):
        raise invalid("endpoint_id is required")
    return ids


def _by_ids(ids: list[str], models: Iterable[Model]) -> list[Model]:
    """Return the models with these ids in order; raises Refused for unknown or too many ids."""
    if len(ids) > MAX_IDS:
        raise invalid(f"endpoint_id: at most {MAX_IDS} ids in one call")
    by_id = {model.endpoint_id: model for model in models}
    for endpoint_id in ids:
        if endpoint_id not in by_id:
            raise Refused(error("find", 404, f"Endpoint {endpoint_id!r} not found"))
    return [by_id[endpoint_id] for endpoint_id in dict.fromkeys(ids)]


def _requests_of(http: HttpRequest, sandbox: Sandbox, start: str | None) -> list[Request]:
    """Return the requests of the named endpoints from `start` until before `end`, oldest first."""
    models = _by_ids(_required_ids(http), sandbox.registry)
    end = http.query_params.get("end")
    since = time_of(start).timestamp() if start else 0.0
    until = time_of(end).timestamp() if end else float("inf")
    return [
        request
        for request in sandbox.engine.requests.values()
        if request.model in models and since <= request.sent_at < until
    ]


def _outcome(request: Request) -> str | None:
    """Return `success`, `user_error` or `error`; None before the end."""
    if not request.is_over:
        return None
    if request.failure is None:
        return "success"
    return "user_error" if request.failure.status < 500 else "error"


def _count(outcomes: list[str], outcome: str | None) -> int:
    return len(outcomes) if outcome is None else outcomes.count(outcome)


def entry(model: Model, sandbox: Sandbox, expand: list[str]) -> dict[str, Any]:
    """Return a model's catalogue entry with the expansions in `expand`."""
    thumbnail = f"{sandbox.addresses['files']}/thumbs/{model.endpoint_id}"
    model_url = f"{sandbox.addresses['run']}/{model.endpoint_id}"
    metadata: dict[str, Any] = {
        **model.metadata,
        "is_favorited": None,
        "thumbnail_url": f"{thumbnail}.webp",
        "model_url": model_url,
        "pinned": False,
    }
    if model.makes_films:
        metadata["thumbnail_animated_url"] = f"{thumbnail}.mp4"
    if model.is_streaming:
        metadata["stream_url"] = f"{model_url}/stream"
    metadata |= sandbox.overrides.get(model.endpoint_id, {})
    item: dict[str, Any] = {"endpoint_id": model.endpoint_id, "metadata": metadata}
    if OPENAPI in expand:
        item["openapi"] = sandbox.document(model)
    if ENTERPRISE in expand:
        item["enterprise_status"] = model.enterprise_status
    return item


def _row(request: Request, payloads: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "request_id": request.id,
        "endpoint_id": request.model.endpoint_id,
        "sent_at": _iso(request.sent_at),
        "started_at": _iso(request.started_at or request.sent_at),
    }
    if request.ended_at is not None:
        row |= {
            "ended_at": _iso(request.ended_at),
            "status_code": request.status_code,
            "duration": request.inference_s or 0.0,
        }
    if payloads:
        row |= {"json_input": request.arguments, "json_output": request.output}
    return row


def _iso(moment: float) -> str:
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
