"""A small version of fal's Platform API, with every observed misbehaviour (protocol, section 3)."""

import asyncio
import inspect
import json
from collections.abc import Callable
from typing import Any

import httpx

Fault = Callable[[httpx.Request], Any]


def ids(count: int, owner: str = "fal-ai") -> list[str]:
    """Return this number of invented endpoint ids."""
    return [f"{owner}/model-{n:03}" for n in range(count)]


def item(endpoint_id: str, **metadata: Any) -> dict[str, Any]:
    """Return a catalogue item as fal lists it; `metadata=None` leaves the metadata out."""
    if metadata.get("metadata", ...) is None:
        return {"endpoint_id": endpoint_id}
    return {
        "endpoint_id": endpoint_id,
        "metadata": {
            "display_name": endpoint_id.rpartition("/")[2],
            "category": "text-to-image",
            "description": f"What {endpoint_id} does.",
            "status": "active",
            "tags": ["new"],
            "updated_at": "2026-02-03T09:14:22.000Z",
            "is_favorited": None,
            "thumbnail_url": "https://v3b.fal.media/files/b/x/thumb.jpg",
            "model_url": f"https://fal.run/{endpoint_id}",
            "date": "2026-01-28T00:00:00.000Z",
            "highlighted": False,
            "pinned": False,
            **metadata,
        },
    }


def error(status: int, kind: str, message: str, **headers: str) -> httpx.Response:
    """Return an error in the Platform API's format."""
    body = {"error": {"type": kind, "message": message}}
    return httpx.Response(status, json=body, headers=headers)


class CatalogueUpstream:
    """Lists `items`, serves `documents` and `prices`; a function in `faults` may answer first."""

    def __init__(self) -> None:
        self.items: dict[str, Any] = {}
        self.documents: dict[str, Any] = {}
        self.prices: dict[str, float] = {}
        self.faults: list[Fault] = []
        self.requests: list[httpx.Request] = []
        self.pauses: list[float] = []
        self.key = "id:secret"
        self.most_per_page = 1000
        self.most_expanded = 10
        self.lists_deprecated = True
        self.forgets_unknown = False  # find mode leaves unknown ids out instead of answering 404
        self.delay_s = 0.0
        self.in_flight = self.most_in_flight = 0

    def add(self, *endpoint_ids: str, **metadata: Any) -> None:
        """Add these endpoints to the list, each with a document of its own."""
        for endpoint_id in endpoint_ids:
            self.items[endpoint_id] = item(endpoint_id, **metadata)
            self.documents[endpoint_id] = {"openapi": "3.0.4", "info": {"title": endpoint_id}}

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self)

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        await asyncio.sleep(self.delay_s)
        self.in_flight -= 1
        for fault in self.faults:
            answer: httpx.Response | None = fault(request)
            if inspect.isawaitable(answer):
                answer = await answer
            if answer:
                return answer
        if request.url.path == "/v1/models/pricing":
            return self._pricing(request)
        return self._models(request.url.params)

    def calls(self, kind: str) -> list[httpx.Request]:
        """Return the requests of a kind: list, find, expand or pricing."""
        return [request for request in self.requests if kind_of(request) == kind]

    def _models(self, params: httpx.QueryParams) -> httpx.Response:
        ids = params.get_list("endpoint_id")
        is_expanded = "openapi-3.0" in params.get_list("expand")
        limit = int(params.get("limit", 50))
        most = self.most_expanded if is_expanded else self.most_per_page
        if limit > most or (is_expanded and len(ids) > most):
            return error(400, "validation_error", f"limit must be at most {most}")
        if ids:
            unknown = [i for i in ids if i not in self.items]
            if unknown and not self.forgets_unknown:
                return error(404, "not_found", f"Unknown endpoint {unknown[0]}")
            listed = [self.items[i] for i in ids if i in self.items]
        else:
            listed = [each for each in self.items.values() if self._is_listed(each, params)]
        start = int(params.get("cursor", 0))
        page = listed[start : start + limit]
        has_more = start + limit < len(listed)
        if is_expanded:
            page = [
                {**each, "openapi": self.documents[each["endpoint_id"]]}
                if each["endpoint_id"] in self.documents
                else each
                for each in page
            ]
        body: dict[str, Any] = {"models": page, "has_more": has_more}
        if has_more:  # the last page has no such key (C1)
            body["next_cursor"] = str(start + limit)
        return httpx.Response(200, content=json.dumps(body))

    def _is_listed(self, each: Any, params: httpx.QueryParams) -> bool:
        metadata = each.get("metadata") if isinstance(each, dict) else None
        status = metadata.get("status") if isinstance(metadata, dict) else "active"
        if "status" in params:
            return bool(status == params["status"])
        return self.lists_deprecated or status != "deprecated"

    def _pricing(self, request: httpx.Request) -> httpx.Response:
        if request.headers.get("authorization") != f"Key {self.key}" or not self.key:
            return error(401, "authorization_error", "A key is needed for prices")
        ids = request.url.params.get_list("endpoint_id")
        prices = [
            {"endpoint_id": i, "unit_price": self.prices[i], "unit": "image", "currency": "USD"}
            for i in ids
            if i in self.prices
        ]
        return httpx.Response(200, json={"prices": prices, "next_cursor": None, "has_more": False})


def kind_of(request: httpx.Request) -> str:
    """Return list, find, expand or pricing."""
    params = request.url.params
    if request.url.path.endswith("/pricing"):
        return "pricing"
    if "openapi-3.0" in params.get_list("expand"):
        return "expand"
    return "find" if "endpoint_id" in params else "list"


def once(fault: Fault) -> Fault:
    """Return a fault that happens only once."""
    done: list[httpx.Response] = []

    def first(request: httpx.Request) -> Any:
        answer = None if done else fault(request)
        if answer:
            done.append(answer)
        return answer

    return first


def after_two_expansions(message: str) -> Callable[[httpx.Request], httpx.Response | None]:
    """Return a rate limit that allows two calls for schemas."""
    passed: list[httpx.Request] = []

    def limited(request: httpx.Request) -> httpx.Response | None:
        if kind_of(request) != "expand":
            return None
        passed.append(request)
        return error(429, "rate_limited", message) if len(passed) > 2 else None

    return limited
