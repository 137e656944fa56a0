"""api.fal.ai/v1: deletion of payloads, settings and access of files (protocol, 17.3 and 17.6)."""

import uuid
from pathlib import Path
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from sandbox.faults import error, reply
from sandbox.files import acl_of
from sandbox.hosts.paging import invalid
from sandbox.hosts.web import Refused, body_json, demand_admin_key, route, token
from sandbox.retention import NEVER_SET
from sandbox.state import ACCOUNT, Sandbox

REPLAYED_S = 600
LONGEST_SIGNED_S = 604_800
DECISIONS = ("allow", "forbid", "hide")
SETTINGS_READ, SETTINGS_WRITE = "account:settings:read", "account:settings:write"
ASSETS_READ, ASSETS_WRITE = "assets:read", "assets:write"


def routes(sandbox: Sandbox) -> list[Route]:
    """The routes of payloads and files; all want the admin key."""
    payloads = "/models/requests/{id}/payloads"
    return [
        route(sandbox, payloads, "DELETE", "payload_deletion", delete_payloads),
        route(sandbox, "/storage/settings", "GET PUT", "storage_settings", settings),
        route(sandbox, "/storage/files/acl", "GET PUT", "file_acl", acl),
        route(sandbox, "/storage/files/sign", "POST", "file_signing", sign),
    ]


async def delete_payloads(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Delete a request's stored input and output, and its output files; repeat a known answer.

    The fault `fails` of kind `file_deletion` keeps a file (`about`: a part of its URL).
    """
    demand_admin_key(http, sandbox, "payload_deletion", "requests:payloads:delete")
    id_, now = http.path_params["id"], sandbox.clock.now()
    call = http.url.path, http.headers.get("idempotency-key", "")
    until, answer = sandbox.replays.get(call, (0, {}))
    if call[1] and now < until:
        return reply(answer)
    request = sandbox.engine.requests.get(_uuid(id_))
    if request is None:
        raise Refused(error("payload_deletion", 404, "Request not found"))
    if not request.is_over:
        raise invalid("The request has not ended")
    results = {url: _delete_file(url, sandbox) for url in request.files}
    request.files = [url for url, exception in results.items() if exception]
    request.arguments = request.output = None
    request.partials, request.result_until = [], 0
    answer = {
        "cdn_delete_results": [
            {"link": url, "exception": exception} for url, exception in results.items()
        ]
    }
    sandbox.replays[call] = now + REPLAYED_S, answer
    return reply(answer)


def _uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise invalid("request_id must be a UUID") from None


def _delete_file(url: str, sandbox: Sandbox) -> str | None:
    """Delete a file; return why it still exists, if it does."""
    if sandbox.faults.take("file_deletion", url):
        return "The sandbox was told to keep this file"
    if path := sandbox.files.find(url):
        path.unlink()
    return None


async def settings(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return or replace the lifetime and access of new files; what PUT leaves out is reset."""
    permission = SETTINGS_WRITE if http.method == "PUT" else SETTINGS_READ
    demand_admin_key(http, sandbox, "storage_settings", permission)
    if http.method == "PUT":
        wishes = NEVER_SET | await _object(http, {*NEVER_SET})
        seconds, initial_acl = wishes["expiration_duration_seconds"], wishes["initial_acl"]
        if seconds is not None and (type(seconds) is not int or seconds < 1):
            raise invalid("expiration_duration_seconds must be a whole number from 1 on, or null")
        wishes["initial_acl"] = None if initial_acl is None else _checked(initial_acl)
        sandbox.storage_settings = wishes
    return reply(sandbox.storage_settings)


async def acl(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return or change who may read a file; rules about unknown users are dropped silently."""
    permission = ASSETS_WRITE if http.method == "PUT" else ASSETS_READ
    demand_admin_key(http, sandbox, "file_acl", permission)
    path = _file(http, sandbox)
    if http.method == "PUT":
        sandbox.files.set_acl(path, _checked(await body_json(http)))
    return reply(acl_of(path))


async def sign(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return an address that shows a file for some seconds, whatever its access list says."""
    demand_admin_key(http, sandbox, "file_signing", ASSETS_READ)
    _file(http, sandbox)
    url = http.query_params["url"]
    seconds = (await _object(http, {"expiration_seconds"})).get("expiration_seconds")
    if type(seconds) is not int or not 1 <= seconds <= LONGEST_SIGNED_S:
        raise invalid(f"expiration_seconds must be between 1 and {LONGEST_SIGNED_S}")
    relative = url.removeprefix(f"{sandbox.files.address}/")
    return reply({"signed_url": f"{url}?identity={token(sandbox, [relative], seconds)}"})


def _file(http: HttpRequest, sandbox: Sandbox) -> Path:
    url = http.query_params.get("url", "")
    path = None if "?" in url else sandbox.files.find(url)
    if path is None:
        raise Refused(error("file_acl", 404, "File not found"))
    return path


async def _object(http: HttpRequest, names: set[str]) -> dict[str, Any]:
    body = await body_json(http)
    if not isinstance(body, dict) or body.keys() - names:
        raise invalid(f"the body is an object of {', '.join(sorted(names))}")
    return body


def _checked(wish: Any) -> dict[str, Any]:
    """Return an access list with the rules about known users; raises Refused if it is none."""
    rules = wish.get("rules", []) if isinstance(wish, dict) else None
    if not isinstance(rules, list) or not all(
        isinstance(rule, dict) and rule.keys() == {"user", "decision"} for rule in rules
    ):
        raise invalid("an access list has a default, and rules of user and decision")
    if any(d not in DECISIONS for d in (wish.get("default"), *(r["decision"] for r in rules))):
        raise invalid(f"a decision is one of {', '.join(DECISIONS)}")
    return {"default": wish["default"], "rules": [r for r in rules if r["user"] == ACCOUNT]}
