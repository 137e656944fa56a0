"""Behind the scenes, for tests and benchmarks: what was called, and what shall go wrong."""

from collections import Counter

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from sandbox.faults import Fault, reply
from sandbox.hosts.web import Refused, body_json, demand_key
from sandbox.state import Sandbox


def routes(sandbox: Sandbox) -> list[Route]:
    """The routes below `/_sandbox`; all need the key, none is counted."""

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
        at("/catalogue", "POST DELETE", catalogue),
    ]


async def calls(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Calls and connections by kind since the start or the last DELETE."""
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
    """POST one fault or a list of them (`kind`, `name`, `times`, `after`, `about`, `value`); DELETE clears."""
    if http.method == "DELETE":
        sandbox.faults.clear()
    if http.method == "POST":
        body = await body_json(http)
        try:
            for given in body if isinstance(body, list) else [body]:
                sandbox.faults.add(Fault(**given))
        except (TypeError, ValueError) as error:
            return reply({"detail": str(error)}, 422)
    return reply(sandbox.faults.as_json())


async def hurry(http: HttpRequest, sandbox: Sandbox) -> Response:
    """POST lets what runs wait no more; with `about`, what has that text among its arguments."""
    sandbox.engine.hurry((await body_json(http)).get("about", ""))
    return reply({})


async def catalogue(http: HttpRequest, sandbox: Sandbox) -> Response:
    """POST `endpoint_id` with `metadata`, `openapi`, `unit_price` or `hidden` changes an entry; DELETE undoes all."""
    if http.method == "DELETE":
        for changed in (sandbox.overrides, sandbox.documents, sandbox.prices, sandbox.hidden):
            changed.clear()
        return reply({})
    body = await body_json(http)
    endpoint_id = body["endpoint_id"]
    sandbox.overrides.setdefault(endpoint_id, {}).update(body.get("metadata", {}))
    for name, kept in (("openapi", sandbox.documents), ("unit_price", sandbox.prices)):
        if name in body:
            kept[endpoint_id] = body[name]
    if "hidden" in body:
        (sandbox.hidden.add if body["hidden"] else sandbox.hidden.discard)(endpoint_id)
    return reply({"endpoint_id": endpoint_id, "hidden": endpoint_id in sandbox.hidden})
