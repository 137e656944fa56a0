"""api.fal.ai/v1/workflows: list and open (protocol, 15.8)."""

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from sandbox.faults import error, reply
from sandbox.hosts.paging import cursor_of, limit_of, page_number
from sandbox.hosts.web import Refused, demand_key, route
from sandbox.state import Sandbox
from sandbox.workflows import OWNER


def routes(sandbox: Sandbox) -> list[Route]:
    """The routes of the account's workflows."""
    return [
        route(sandbox, "/workflows", "GET", "workflows", index),
        route(sandbox, "/workflows/{owner}/{name}", "GET", "workflow", detail),
    ]


async def index(http: HttpRequest, sandbox: Sandbox) -> Response:
    """List the caller's own workflows."""
    demand_key(http, sandbox, "workflows")
    query = http.query_params
    search = query.get("search", "").lower()
    used_ids = {
        i for ids_text in query.getlist("used_endpoint_ids") for i in ids_text.split(",") if i
    }
    matches = [
        workflow
        for workflow in sandbox.workflows.values()
        if workflow.owner == OWNER
        and (search in workflow.name.lower() or search in workflow.title.lower())
        and (not used_ids or used_ids & set(workflow.endpoint_ids))
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


async def detail(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return the caller's own workflow, or a public one."""
    demand_key(http, sandbox, "workflow")
    workflow = sandbox.workflows.get((http.path_params["owner"], http.path_params["name"]))
    if workflow is None or not (workflow.is_public or workflow.owner == OWNER):
        raise Refused(error("workflow", 404, "Workflow not found"))
    return reply({"workflow": workflow.opened()})
