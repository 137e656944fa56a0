"""`/_sandbox`, for tests and benchmarks: counts, faults, changes of the catalogue, what is kept."""

from collections import Counter
from decimal import Decimal

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from sandbox.billing import Tariff
from sandbox.faults import Fault, reply
from sandbox.files import read_metadata
from sandbox.hosts.web import Refused, body_json, demand_key
from sandbox.state import Sandbox


def routes(sandbox: Sandbox) -> list[Route]:
    """Return the routes below `/_sandbox`; all need the key, and their calls are not counted."""

    def at(path: str, methods: str, handler: object) -> Route:
        async def endpoint(http: HttpRequest) -> Response:
            try:
                demand_key(http, sandbox, "control")
                answer: Response = await handler(http, sandbox)  # type: ignore[operator]
            except Refused as refusal:
                return refusal.response
            return answer

        return Route(path, endpoint, methods=methods.split())

    return [
        at("/calls", "GET DELETE", calls),
        at("/faults", "GET POST DELETE", faults),
        at("/hurry", "POST", hurry),
        at("/concurrency", "POST DELETE", concurrency),
        at("/catalogue", "POST DELETE", catalogue),
        at("/bills", "GET POST DELETE", bills),
        at("/kept", "GET", kept),
        at("/clock", "POST DELETE", clock),
    ]


async def calls(http: HttpRequest, sandbox: Sandbox) -> Response:
    """GET returns calls and connections by kind since the start or the last DELETE."""
    if http.method == "DELETE":
        sandbox.calls.clear()
        sandbox.clients.clear()
    connections = Counter(kind for kind, *_ in sandbox.clients)
    return reply(
        {
            "calls": dict(sandbox.calls),
            "total": sandbox.calls.total(),
            "connections": dict(connections) | {"total": len({c[1:] for c in sandbox.clients})},
        }
    )


async def faults(http: HttpRequest, sandbox: Sandbox) -> Response:
    """POST activates one fault or a list of them, by the fields of `Fault`; DELETE clears all."""
    if http.method == "DELETE":
        sandbox.faults.clear()
    if http.method == "POST":
        body = await body_json(http)
        try:
            for fields in body if isinstance(body, list) else [body]:
                sandbox.faults.add(Fault(**fields))
        except (TypeError, ValueError) as error:
            return reply({"detail": str(error)}, 422)
    return reply(sandbox.faults.as_json())


async def hurry(http: HttpRequest, sandbox: Sandbox) -> Response:
    """POST skips the waits of running requests, or of those with `about` in their arguments."""
    sandbox.engine.hurry((await body_json(http)).get("about", ""))
    return reply({})


async def concurrency(http: HttpRequest, sandbox: Sandbox) -> Response:
    """POST sets the account's `limit` of requests in progress; DELETE resets it (C90)."""
    is_set = http.method == "POST"
    limit = (await body_json(http))["limit"] if is_set else sandbox.config.concurrency
    sandbox.engine.allow(limit)
    return reply({"limit": sandbox.engine.limit, "in_progress": len(sandbox.engine.running)})


async def catalogue(http: HttpRequest, sandbox: Sandbox) -> Response:
    """POST changes an entry: `endpoint_id` with `metadata`, `openapi`, `unit_price` or `hidden`.

    DELETE undoes every change.
    """
    if http.method == "DELETE":
        for override in (sandbox.overrides, sandbox.documents, sandbox.prices, sandbox.hidden):
            override.clear()
        return reply({})
    body = await body_json(http)
    endpoint_id = body["endpoint_id"]
    sandbox.overrides.setdefault(endpoint_id, {}).update(body.get("metadata", {}))
    for name, changes in (("openapi", sandbox.documents), ("unit_price", sandbox.prices)):
        if name in body:
            changes[endpoint_id] = body[name]
    if "hidden" in body:
        (sandbox.hidden.add if body["hidden"] else sandbox.hidden.discard)(endpoint_id)
    return reply({"endpoint_id": endpoint_id, "hidden": endpoint_id in sandbox.hidden})


async def bills(http: HttpRequest, sandbox: Sandbox) -> Response:
    """POST sets what is billed; DELETE resets all of it; both return the billing events.

    POST takes a model's tariff by the fields of `Tariff`, or one of: `balance` (dollars, a text),
    `event` (listed unchanged and unchecked), `release` (true: lists late events).
    """
    billing = sandbox.billing
    if http.method == "DELETE":
        billing.clear()
    if http.method == "POST":
        body = await body_json(http)
        try:
            if "balance" in body:
                billing.balance = Decimal(body["balance"])
            elif "event" in body:
                billing.events.append(body["event"])
            elif body.get("release"):
                billing.release()
            else:
                tariff = Tariff(**body)
                billing.tariffs[tariff.endpoint_id] = tariff
        except (TypeError, ArithmeticError) as error:
            return reply({"detail": str(error)}, 422)
    return reply({"events": billing.events, "late": billing.late, "balance": str(billing.balance)})


async def kept(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return what the sandbox still has: requests by id, and uploads with their lifetimes by URL.

    A request of which nothing is left is not listed. Lifetimes are in seconds from the start, so
    that a test can compare them; null is without end, and of a `result` also that it is gone.
    """
    requests = {}
    for request in sandbox.engine.requests.values():
        paths = {url: sandbox.files.find(url) for url in request.files}
        files = {url: read_metadata(path)["lasts_s"] for url, path in paths.items() if path}
        has_result = sandbox.clock.now() < request.result_until
        if has_result or files:
            requests[request.id] = {
                "payloads": request.has_payloads(sandbox.clock.now()),
                "result": request.result_lasts_s if has_result else None,
                "files": files,
            }
    return reply({"requests": requests, "uploads": dict(sandbox.files.uploads())})


async def clock(http: HttpRequest, sandbox: Sandbox) -> Response:
    """POST moves the clock of expiry forward by `seconds`; DELETE sets it back to the real time."""
    if http.method == "DELETE":
        sandbox.clock.ahead_s = 0
    else:
        sandbox.clock.ahead_s += (await body_json(http))["seconds"]
    return reply({"ahead_s": sandbox.clock.ahead_s})
