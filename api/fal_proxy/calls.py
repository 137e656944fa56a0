"""Carries out a call of fal's clients: submits become runs, the rest is read from their rows."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q

from api import submission
from api.fal_proxy import responses, uploads
from api.fal_proxy.responses import UpstreamResponse
from api.fal_proxy.target import Action, Host, Target
from api.http.problem import Problem
from api.wait import HEADER
from catalog.models import Endpoint
from fal.endpoint_id import EndpointId
from playground.models import Run
from playground.runs import state_machine
from schemas.exact import NotJson, loads

MAX_RUN_S = 600  # how long a call of `run` is held
TRUE = {"1", "true"}
INITIATE = "storage/upload/initiate"
OVER = "over"  # of the query of our own reading of a result that was waited for
USE_INSTEAD = "Use subscribe, or submit, status and result: they poll the queue."
_NO_DICT = {"loc": ["body"], "msg": "Input should be a valid dictionary", "type": "dict_type"}
_METHODS = {Action.STATUS: "GET", Action.RESULT: "GET", Action.CANCEL: "PUT"}


@dataclass(frozen=True)
class Caller:
    """Who calls, with which token (empty: by login), and by which address of the queue."""

    user: User
    token_name: str
    origin: str
    queue: str
    read_body: Callable[[], bytes]


def answer(caller: Caller, target: Target, method: str) -> UpstreamResponse:
    """The response to a call; raises Problem for what is not offered."""
    if target.host == Host.REST and target.path == INITIATE and method == "POST":
        return _announce_file(caller)
    _require_offered(target)
    if target.request_id:
        return _about_request(caller, target, method)
    if method != "POST":
        raise Problem(405, "Models are called by POST.", headers={"Allow": "POST"})
    run = _submit(caller, target)
    if isinstance(run, UpstreamResponse):
        return run
    if target.host == Host.QUEUE:
        return responses.submitted(run, caller.queue)
    response = responses.not_over(run)
    response.headers[HEADER] = f"{run.pk} {MAX_RUN_S} {_result_path(run)}"
    return response


def _announce_file(caller: Caller) -> UpstreamResponse:
    """Where to send a file, and its address."""
    body = _read_input(caller.read_body())
    said = body if isinstance(body, dict) else {}
    name, content_type = (str(said.get(key) or "") for key in ("file_name", "content_type"))
    upload_path, file_path = uploads.announce(caller.user, name, content_type)
    found = {"upload_url": caller.origin + upload_path, "file_url": caller.origin + file_path}
    return responses.as_json(found)


def _require_offered(target: Target) -> None:
    """Raise Problem (501) for what runs and their rows cannot answer."""
    ending = target.path.rpartition("/")[2]
    if target.host == Host.REST:
        raise _not_offered(
            "Files above 90 MB are uploaded by POST /api/v1/uploads; its `url` may stand in inputs."
            if target.path.startswith("storage/")
            else f"Tokens for direct connections to fal are not given out. {USE_INSTEAD}"
        )
    if target.host == Host.WEBSOCKET or (target.host == Host.RUN and ending == "realtime"):
        raise _not_offered(f"Live connections do not pass the proxy. {USE_INSTEAD}")
    is_stream = target.host == Host.RUN and ending == "stream"
    if is_stream or target.action == Action.STREAM:
        raise _not_offered(f"Event streams do not pass the proxy. {USE_INSTEAD}")
    if not target.request_id and (
        asked := {"fal_webhook", "fal_max_queue_length"} & {*target.query}
    ):
        raise _not_offered(f"{min(asked)} is not offered by the proxy. {USE_INSTEAD}")


def _not_offered(detail: str) -> Problem:
    return Problem(501, detail, slug="not-offered")


def _submit(caller: Caller, target: Target) -> Run | UpstreamResponse:
    """Create the run; a response instead where the input is no object, as upstream gives it."""
    endpoint = Endpoint.objects.filter(endpoint_id=target.path).first()
    if endpoint is None:
        raise Problem(404, f'Application "{target.path[:200]}" not found')
    arguments = _read_input(caller.read_body())
    if not isinstance(arguments, dict):
        return responses.as_json({"detail": [_NO_DICT]}, 422)
    arguments = uploads.with_uploads(caller.user, caller.origin, arguments)
    arguments = submission.with_relative_addresses(arguments, caller.origin)
    try:
        return submission.start_proxied(caller.user, caller.token_name, endpoint, arguments)
    except state_machine.Refused as refused:
        raise Problem(403, str(refused), slug="cannot-be-run") from refused


def _read_input(content: bytes) -> Any:
    try:
        return loads(content.decode()) if content.strip() else {}
    except UnicodeDecodeError:
        raise Problem(400, "The body is not UTF-8.") from None
    except NotJson as error:
        raise Problem(400, f"The body is not JSON: {error}.") from None


def _about_request(caller: Caller, target: Target, method: str) -> UpstreamResponse:
    action = target.action or Action.RESULT
    if method != _METHODS[action]:
        allowed = _METHODS[action]
        raise Problem(405, f"This address takes {allowed}.", headers={"Allow": allowed})
    run = _find(caller, target)
    if run is None:
        return responses.as_json(responses.NOT_FOUND, 404)
    if action == Action.CANCEL:
        return responses.cancelled(run, is_taken=state_machine.request_cancel(run.pk))
    if action == Action.STATUS:
        return responses.status(run, caller.queue, with_logs=_wants_logs(target.query))
    if not run.is_final and target.query.get("wait") == OVER:
        return responses.not_over(run)
    return responses.result(run)


def _find(caller: Caller, target: Target) -> Run | None:
    """The caller's own run by our id or by upstream's, of that app; else None."""
    wanted = Q(request_id=target.request_id)
    with suppress(ValueError):  # upstream's ids are any text, ours are UUIDs
        wanted |= Q(pk=uuid.UUID(target.request_id))
    own = Run.objects.kept().filter(wanted, user=caller.user).select_related("endpoint")
    found = own.first()
    is_of_app = found and EndpointId.parse(found.endpoint.endpoint_id).app == target.app
    return found if is_of_app else None


def _wants_logs(query: Mapping[str, str]) -> bool:
    return query.get("logs", "").lower() in TRUE


def _result_path(run: Run) -> str:
    app = EndpointId.parse(run.endpoint.endpoint_id).app
    return f"/api/fal/queue/{app}/requests/{run.pk}?wait={OVER}"
