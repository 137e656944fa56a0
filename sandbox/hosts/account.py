"""api.fal.ai/v1: the account's bills and balance, workflows, and what is kept of its requests.

Protocol, sections 15.8, 17.1, 17.3 and 17.6. All but workflows need the admin key.
"""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from sandbox import workflows
from sandbox.faults import error, reply
from sandbox.hosts.web import (
    Refused,
    body_json,
    demand_admin_key,
    demand_key,
    invalid,
    listed_values,
    page_of,
    route,
    time_of,
)
from sandbox.retention import NEVER_SET
from sandbox.state import ACCOUNT, Sandbox

MAX_EVENTS, MAX_FILTERED, MAX_WORKFLOWS = 10_000, 50, 100
LONGEST = timedelta(days=90)
REPLAYED_S = 600


def routes(sandbox: Sandbox) -> list[Route]:
    """The routes of the account."""
    payloads = "/models/requests/{id}/payloads"
    return [
        route(sandbox, "/models/billing-events", "GET", "billing_events", billing_events),
        route(sandbox, "/account/billing", "GET", "balance", balance),
        route(sandbox, "/workflows", "GET", "workflows", list_workflows),
        route(sandbox, "/workflows/{owner}/{name}", "GET", "workflow", open_workflow),
        route(sandbox, payloads, "DELETE", "payload_deletion", delete_payloads),
        route(sandbox, "/storage/settings", "GET PUT", "storage_settings", storage_settings),
    ]


async def billing_events(http: HttpRequest, sandbox: Sandbox) -> Response:
    """List billing events, oldest first."""
    demand_admin_key(http, sandbox, "billing_events")
    query = http.query_params
    end = time_of(query["end"]) if "end" in query else datetime.now(UTC) + timedelta(seconds=1)
    start = time_of(query["start"]) if "start" in query else end - timedelta(days=1)
    if end - start > LONGEST:
        raise invalid(f"The range is longer than {LONGEST.days} days")
    filter_ids = {name: listed_values(http, name) for name in ("endpoint_id", "request_id")}
    if any(len(ids) > MAX_FILTERED for ids in filter_ids.values()):
        raise invalid(f"At most {MAX_FILTERED} ids in one call")
    events = [
        event
        for event in sandbox.billing.events
        if start <= time_of(str(event.get("timestamp"))) < end
        and all(not ids or event.get(name) in ids for name, ids in filter_ids.items())
    ]
    events.sort(key=lambda event: str(event.get("timestamp")))
    return reply(page_of(http, "billing_events", events, MAX_EVENTS))


async def balance(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return the account's name and, with `expand=credits`, its balance."""
    demand_admin_key(http, sandbox, "balance")
    answer: dict[str, Any] = {"username": ACCOUNT}
    if "credits" in listed_values(http, "expand"):
        balance_left = float(round(sandbox.billing.balance, 9))
        answer["credits"] = {"current_balance": balance_left, "currency": "USD"}
    return reply(answer)


async def list_workflows(http: HttpRequest, sandbox: Sandbox) -> Response:
    """List the caller's own workflows."""
    demand_key(http, sandbox, "workflows")
    search = http.query_params.get("search", "").lower()
    used_ids = set(listed_values(http, "used_endpoint_ids"))
    entries = [workflows.list_entry(workflow) for workflow in workflows.WORKFLOWS]
    matches = [
        entry
        for entry in entries
        if (search in entry["name"].lower() or search in entry["title"].lower())
        and (not used_ids or used_ids & set(entry["endpoint_ids"]))
    ]
    return reply(page_of(http, "workflows", matches, MAX_WORKFLOWS))


async def open_workflow(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return the caller's own workflow."""
    demand_key(http, sandbox, "workflow")
    for workflow in workflows.WORKFLOWS:
        if http.path_params == {"owner": workflow["user_nickname"], "name": workflow["name"]}:
            return reply({"workflow": workflows.opened(workflow)})
    raise Refused(error("workflow", 404, "Workflow not found"))


async def delete_payloads(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Delete a request's stored input and output, and its output files; repeat a known answer.

    The fault `fails` of kind `file_deletion` keeps a file (`about`: a part of its URL).
    """
    demand_admin_key(http, sandbox, "payload_deletion", "requests:payloads:delete")
    now, call = sandbox.clock.now(), (http.url.path, http.headers.get("idempotency-key", ""))
    until, answer = sandbox.replays.get(call, (0, {}))
    if call[1] and now < until:
        return reply(answer)
    try:
        request = sandbox.engine.requests.get(str(uuid.UUID(http.path_params["id"])))
    except ValueError:
        raise invalid("request_id must be a UUID") from None
    if request is None:
        raise Refused(error("payload_deletion", 404, "Request not found"))
    if not request.is_over:
        raise invalid("The request has not ended")
    results = {url: _delete_file(url, sandbox) for url in request.files}
    request.files = [url for url, exception in results.items() if exception]
    request.arguments = request.output = None
    request.partials, request.result_until = [], 0
    files = [{"link": url, "exception": exception} for url, exception in results.items()]
    answer = {"cdn_delete_results": files}
    sandbox.replays[call] = now + REPLAYED_S, answer
    return reply(answer)


def _delete_file(url: str, sandbox: Sandbox) -> str | None:
    """Delete a file; return why it still exists, if it does."""
    if sandbox.faults.take("file_deletion", url):
        return "The sandbox was told to keep this file"
    if path := sandbox.files.find(url):
        path.unlink()
    return None


async def storage_settings(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return or replace the lifetime of new files. Access lists are always null: all is public."""
    permission = "account:settings:write" if http.method == "PUT" else "account:settings:read"
    demand_admin_key(http, sandbox, "storage_settings", permission)
    if http.method == "PUT":
        settings = NEVER_SET | await body_json(http)
        seconds = settings["expiration_duration_seconds"]
        if settings.keys() != NEVER_SET.keys() or settings["initial_acl"] is not None:
            raise invalid("The sandbox knows expiration_duration_seconds only")
        if seconds is not None and (type(seconds) is not int or seconds < 1):
            raise invalid("expiration_duration_seconds must be a whole number from 1 on, or null")
        sandbox.storage_settings = settings
    return reply(sandbox.storage_settings)
