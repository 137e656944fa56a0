"""api.fal.ai/v1/workflows: list, open and create (protocol, 15.8)."""

import re
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from sandbox.faults import error, reply
from sandbox.hosts.paging import cursor_of, invalid, limit_of, page_number
from sandbox.hosts.web import Refused, body_json, demand_key, route
from sandbox.state import Sandbox
from sandbox.workflows import OWNER, Workflow

NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
KEYS = {"name", "version", "nodes", "output", "schema"}


def routes(sandbox: Sandbox) -> list[Route]:
    """The routes of the account's workflows."""
    return [
        route(sandbox, "/workflows", "GET", "workflows", index),
        route(sandbox, "/workflows", "POST", "create workflow", create),
        route(sandbox, "/workflows/{owner}/{name}", "GET", "workflow", detail),
    ]


async def index(http: HttpRequest, sandbox: Sandbox) -> Response:
    """List the caller's own workflows."""
    demand_key(http, sandbox, "workflows")
    query = http.query_params
    search = query.get("search", "").lower()
    used = {i for ids_text in query.getlist("used_endpoint_ids") for i in ids_text.split(",") if i}
    matches = [
        workflow
        for workflow in sandbox.workflows.values()
        if workflow.owner == OWNER
        and (search in workflow.name.lower() or search in workflow.title.lower())
        and (not used or used & set(workflow.endpoint_ids))
    ]
    limit, page = limit_of(query.get("limit"), 100), page_number(query.get("cursor"))
    has_more = page * limit < len(matches)
    shown = matches[(page - 1) * limit : page * limit]
    return reply(
        {
            "workflows": [workflow.listed() for workflow in shown],
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


async def create(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Save a workflow under a new name."""
    demand_key(http, sandbox, "create workflow")
    definition = _Definition.parse(await body_json(http))
    key = (OWNER, definition.name)
    if key in sandbox.workflows:
        raise invalid(f"A workflow named {definition.name!r} exists already")
    workflow = Workflow(
        definition.name, definition.title, "", definition.contents, definition.is_public
    )
    sandbox.workflows[key] = workflow
    return reply({"workflow": workflow.opened()}, 201)


@dataclass(frozen=True)
class _Definition:
    name: str
    title: str
    contents: dict[str, Any]
    is_public: bool

    @classmethod
    def parse(cls, body: Any) -> "_Definition":
        """Read the body of a POST; raises Refused with fal's 400."""
        body = body if isinstance(body, dict) else {}
        name, title, contents = (body.get(key) for key in ("name", "title", "contents"))
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise invalid("name must match ^[a-zA-Z0-9_-]+$ and have at most 128 characters")
        if not isinstance(title, str) or not 1 <= len(title) <= 256:
            raise invalid("title must have 1 to 256 characters")
        if not isinstance(contents, dict) or not contents.keys() >= KEYS:
            raise invalid(f"contents must have {', '.join(sorted(KEYS))}")
        return cls(name, title, contents, body.get("is_public") is True)
