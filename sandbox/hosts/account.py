"""api.fal.ai/v1: bills and balance, for the admin key (protocol, 17.1), and workflows (15.8)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from sandbox.faults import error, reply
from sandbox.hosts.paging import cursor_of, invalid, limit_of, listed_values, moment, page_number
from sandbox.hosts.web import Refused, demand_admin_key, demand_key, route
from sandbox.state import ACCOUNT, Sandbox
from sandbox.workflows import OWNER

MAX_LIMIT, MAX_FILTERED = 10_000, 50
LONGEST = timedelta(days=90)


def routes(sandbox: Sandbox) -> list[Route]:
    """The routes of billing events, balance and workflows."""
    return [
        route(sandbox, "/models/billing-events", "GET", "billing_events", billing_events),
        route(sandbox, "/account/billing", "GET", "balance", balance),
        route(sandbox, "/workflows", "GET", "workflows", workflows),
        route(sandbox, "/workflows/{owner}/{name}", "GET", "workflow", workflow_detail),
    ]


async def billing_events(http: HttpRequest, sandbox: Sandbox) -> Response:
    """List billing events, oldest first."""
    demand_admin_key(http, sandbox, "billing_events")
    query = http.query_params
    start, end = _span(query.get("start"), query.get("end"))
    filter_ids = {name: _filter(http, name) for name in ("endpoint_id", "request_id")}
    events = [
        event
        for event in sandbox.billing.events
        if start <= moment(str(event.get("timestamp"))) < end
        and all(not ids or event.get(name) in ids for name, ids in filter_ids.items())
    ]
    events.sort(key=lambda event: str(event.get("timestamp")))
    limit, page = limit_of(query.get("limit"), MAX_LIMIT), page_number(query.get("cursor"))
    has_more = len(events) > page * limit
    return reply(
        {
            "billing_events": events[(page - 1) * limit : page * limit],
            "next_cursor": cursor_of(page + 1) if has_more else None,
            "has_more": has_more,
        }
    )


async def balance(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return the account's name and, with `expand=credits`, its balance."""
    demand_admin_key(http, sandbox, "balance")
    answer: dict[str, Any] = {"username": ACCOUNT}
    if "credits" in listed_values(http, "expand"):
        balance_left = float(round(sandbox.billing.balance, 9))
        answer["credits"] = {"current_balance": balance_left, "currency": "USD"}
    return reply(answer)


def _span(start: str | None, end: str | None) -> tuple[datetime, datetime]:
    until = moment(end) if end else datetime.now(UTC) + timedelta(seconds=1)
    since = moment(start) if start else until - timedelta(days=1)
    if until - since > LONGEST:
        raise invalid(f"The range is longer than {LONGEST.days} days")
    return since, until


def _filter(http: HttpRequest, name: str) -> list[str]:
    ids = listed_values(http, name)
    if len(ids) > MAX_FILTERED:
        raise invalid(f"{name}: at most {MAX_FILTERED} ids in one call")
    return ids


async def workflows(http: HttpRequest, sandbox: Sandbox) -> Response:
    """List the caller's own workflows."""
    demand_key(http, sandbox, "workflows")
    query = http.query_params
    search = query.get("search", "").lower()
    ids = {i for ids_text in query.getlist("used_endpoint_ids") for i in ids_text.split(",") if i}
    matches = [
        workflow
        for workflow in sandbox.workflows.values()
        if workflow.owner == OWNER
        and (search in workflow.name.lower() or search in workflow.title.lower())
        and (not ids or ids & set(workflow.endpoint_ids))
    ]
    limit, page = limit_of(query.get("limit"), 100), page_number(query.get("cursor"))
    has_more = page * limit < len(matches)
    page_workflows = matches[(page - 1) * limit : page * limit]
    return reply(
        {
            "workflows": [workflow.list_entry() for workflow in page_workflows],
            "next_cursor": cursor_of(page + 1) if has_more else None,
            "has_more": has_more,
        }
    )


async def workflow_detail(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return the caller's own workflow, or a public one."""
    demand_key(http, sandbox, "workflow")
    workflow = sandbox.workflows.get((http.path_params["owner"], http.path_params["name"]))
    if workflow is None or not (workflow.is_public or workflow.owner == OWNER):
        raise Refused(error("workflow", 404, "Workflow not found"))
    return reply({"workflow": workflow.opened()})
