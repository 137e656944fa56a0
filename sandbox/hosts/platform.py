"""api.fal.ai/v1: the catalogue, prices, requests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from sandbox.contract.registry import Model
from sandbox.execution.engine import Request
from sandbox.faults import error, reply
from sandbox.hosts import account, analytics, storage
from sandbox.hosts.paging import cursor_of, invalid, limit_of, listed_values, page_number, within
from sandbox.hosts.web import Refused, body_json, demand_key, route
from sandbox.state import Sandbox

MAX_IDS, MAX_LIMIT, MAX_EXPANDED = 50, 1000, 10
OPENAPI, ENTERPRISE = "openapi-3.0", "enterprise_status"


def routes(sandbox: Sandbox) -> list[Route]:
    """The routes of the Platform API."""
    return [
        route(sandbox, "/models", "GET", _kind, models),
        route(sandbox, "/models/pricing", "GET", "pricing", pricing),
        route(sandbox, "/models/pricing/estimate", "POST", "estimate", estimate),
        route(sandbox, "/models/requests/by-endpoint", "GET", "requests", requests),
        route(sandbox, "/models/analytics", "GET", "analytics", figures),
        route(sandbox, "/meta", "GET", "meta", meta),
        *account.routes(sandbox),
        *storage.routes(sandbox),
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
    query = http.query_params
    expand = query.getlist("expand")
    if unknown := set(expand) - {OPENAPI, ENTERPRISE}:
        raise invalid(f"expand: {sorted(unknown)[0]!r} is not one of {OPENAPI!r}, {ENTERPRISE!r}")
    matches = _selected(http, sandbox)
    limit = limit_of(query.get("limit"), MAX_EXPANDED if OPENAPI in expand else MAX_LIMIT)
    page = page_number(query.get("cursor"))
    start = (page - 1) * limit
    has_more = start + limit < len(matches)
    answer: dict[str, Any] = {
        "models": [entry(model, sandbox, expand) for model in matches[start : start + limit]],
        "next_cursor": cursor_of(page + 1) if has_more else None,
        "has_more": has_more,
    }
    if "sort" in query:
        answer["ordering"] = {"sort": query["sort"]}
    return reply(answer)


async def pricing(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return the unit prices of up to 50 endpoints."""
    demand_key(http, sandbox, "pricing")
    ids = listed_values(http, "endpoint_id")
    if not ids:
        raise invalid("endpoint_id is required")
    prices = [
        {
            "endpoint_id": model.endpoint_id,
            "unit_price": sandbox.prices.get(model.endpoint_id, model.price),
            "unit": model.unit,
            "currency": "USD",
        }
        for model in _by_ids(ids, sandbox)
    ]
    return reply({"prices": prices, "next_cursor": None, "has_more": False})


async def estimate(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return the cost of a number of calls or units."""
    demand_key(http, sandbox, "estimate")
    body = await body_json(http)
    quantities = {"historical_api_price": "call_quantity", "unit_price": "unit_quantity"}
    name = quantities.get(str(body.get("estimate_type")) if isinstance(body, dict) else "")
    if name is None or not isinstance(body.get("endpoints"), dict) or not body["endpoints"]:
        raise invalid("estimate_type and endpoints are required")
    total = 0.0
    for model in _by_ids(list(body["endpoints"]), sandbox):
        quantity = (body["endpoints"][model.endpoint_id] or {}).get(name)
        least = 1 if name == "call_quantity" else 0.000001
        if not isinstance(quantity, int | float) or quantity < least:
            raise invalid(f"{name} of {model.endpoint_id} must be at least {least:g}")
        total += model.price * quantity
    return reply(
        {
            "estimate_type": body["estimate_type"],
            "total_cost": round(total, 9),
            "currency": "USD",
        }
    )


async def requests(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return the latest requests of the given endpoints."""
    demand_key(http, sandbox, "requests")
    query = http.query_params
    ids = listed_values(http, "endpoint_id")
    if not ids:
        raise invalid("endpoint_id is required")
    endpoint_ids = {model.endpoint_id for model in _by_ids(ids, sandbox, of=[*sandbox.registry])}
    limit = int(query.get("limit", "50")) if query.get("limit", "50").isdigit() else 0
    if not 1 <= limit <= 100:
        raise invalid("limit must be between 1 and 100")
    matches = [
        request
        for request in reversed(sandbox.engine.requests.values())
        if request.model.endpoint_id in endpoint_ids
        and query.get("request_id", request.id) == request.id
        and query.get("status") in (None, analytics.outcome(request))
        and within(request.sent_at, query.get("start"), query.get("end"))
    ]
    payloads = "payloads" in query.getlist("expand")
    page = page_number(query.get("cursor"))
    page_requests = matches[(page - 1) * limit : page * limit]
    has_more = len(matches) > page * limit
    return reply(
        {
            "items": [
                _row(request, payloads and request.has_payloads(sandbox.clock.now()))
                for request in page_requests
            ],
            "next_cursor": cursor_of(page + 1) if has_more else None,
            "has_more": has_more,
        }
    )


async def figures(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return counts and durations of the requests to some endpoints, whole or by time."""
    demand_key(http, sandbox, "analytics")
    query = http.query_params
    if not (ids := listed_values(http, "endpoint_id")):
        raise invalid("endpoint_id is required")
    endpoint_ids = {model.endpoint_id for model in _by_ids(ids, sandbox, of=[*sandbox.registry])}
    expand = listed_values(http, "expand") or ["time_series", "request_count"]
    parts = {"time_series", "summary"} & set(expand)
    metrics = [name for name in expand if name in analytics.METRICS]
    timeframe = query.get("timeframe", "minute" if "start" in query else "hour")
    is_known = len(parts) + len(metrics) == len(set(expand)) and timeframe in analytics.BUCKETS_S
    if not (is_known and parts and metrics):
        raise invalid("expand needs time_series or summary, and a metric; timeframe a known one")
    start = query.get("start") or (datetime.now(UTC) - timedelta(days=1)).isoformat()
    matches = [
        request
        for request in sandbox.engine.requests.values()
        if request.is_over
        and request.model.endpoint_id in endpoint_ids
        and within(request.sent_at, start, query.get("end"))
    ]
    answer: dict[str, Any] = {"next_cursor": None, "has_more": False}
    if "summary" in parts:
        answer["summary"] = analytics.rows(matches, metrics)
    if "time_series" in parts:
        answer["time_series"] = analytics.time_series(matches, metrics, timeframe)
    return reply(answer)


async def meta(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return the IP addresses that webhooks come from."""
    return reply({"webhook_ip_ranges": ["127.0.0.1/32"]})


async def unknown(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return fal's 404 for any other path."""
    return error("meta", 404, f"There is nothing at {http.url.path}")


def _selected(http: HttpRequest, sandbox: Sandbox) -> list[Model]:
    query = http.query_params
    sort = query.get("sort", "relevant")
    if sort not in ("relevant", "recent"):
        raise invalid("sort must be 'relevant' or 'recent'")
    if query.get("status", "active") not in ("active", "deprecated"):
        raise invalid("status must be 'active' or 'deprecated'")
    ids = query.getlist("endpoint_id")
    matches = _by_ids(ids, sandbox) if ids else _visible(sandbox)
    if (category := query.get("category")) is not None:
        matches = [model for model in matches if model.category == category]
    if (status := query.get("status")) is not None:
        matches = [model for model in matches if model.status == status]
    words = query.get("q", "").lower().split()
    if words:
        scores = {model.endpoint_id: _score(model, words) for model in matches}
        matches = [model for model in matches if scores[model.endpoint_id]]
        matches.sort(key=lambda model: -scores[model.endpoint_id])
    if sort == "recent" and not ids:
        matches.sort(key=lambda model: model.date, reverse=True)
    return matches


def _visible(sandbox: Sandbox) -> list[Model]:
    hidden = sandbox.hidden
    return [model for model in sandbox.registry if model.listed and model.endpoint_id not in hidden]


def _by_ids(ids: list[str], sandbox: Sandbox, of: list[Model] | None = None) -> list[Model]:
    """Return the models with these ids in order; raises Refused for unknown or too many ids.

    `of` are the models to choose from, by default the listed ones.
    """
    if len(ids) > MAX_IDS:
        raise invalid(f"endpoint_id: at most {MAX_IDS} ids in one call")
    visible = {model.endpoint_id: model for model in of or _visible(sandbox)}
    for endpoint_id in ids:
        if endpoint_id not in visible:
            raise Refused(error("find", 404, f"Endpoint {endpoint_id!r} not found"))
    return [visible[endpoint_id] for endpoint_id in dict.fromkeys(ids)]


def _score(model: Model, words: list[str]) -> int:
    """Return a score for the words, 0 unless every one occurs; the name weighs most."""
    weights = ((8, model.name), (4, model.endpoint_id), (3, model.category), (1, model.description))
    scores = [sum(weight for weight, text in weights if word in text.lower()) for word in words]
    return sum(scores) if all(scores) else 0


def entry(model: Model, sandbox: Sandbox, expand: list[str]) -> dict[str, Any]:
    """Return a model's catalogue entry with the expansions in `expand`."""
    files = sandbox.addresses["files"]
    metadata: dict[str, Any] = {
        "display_name": model.name,
        "category": model.category,
        "description": model.description,
        "status": model.status,
        "tags": list(model.tags),
        "updated_at": model.updated,
        "is_favorited": None,
        "thumbnail_url": f"{files}/thumbs/{model.endpoint_id}.webp",
        "model_url": f"{sandbox.addresses['run']}/{model.endpoint_id}",
        "date": model.date,
        "highlighted": model.highlighted,
        "pinned": False,
        "license_type": model.license,
        "kind": model.kind,
    }
    optional = {
        "group": {"key": model.group[0], "label": model.group[1]} if model.group else None,
        "duration_estimate": model.minutes,
        "training_endpoint_ids": list(model.training),
        "inference_endpoint_ids": list(model.inference),
        "thumbnail_animated_url": (
            f"{files}/thumbs/{model.endpoint_id}.mp4" if model.makes_films else None
        ),
        "stream_url": f"{metadata['model_url']}/stream" if model.streams else None,
    }
    metadata |= {name: value for name, value in optional.items() if value not in (None, [])}
    metadata |= sandbox.overrides.get(model.endpoint_id, {})
    item: dict[str, Any] = {"endpoint_id": model.endpoint_id, "metadata": metadata}
    if OPENAPI in expand:
        item["openapi"] = sandbox.document(model)
    if ENTERPRISE in expand:
        item["enterprise_status"] = model.enterprise
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
