"""Handles calls of fal's clients: submits become runs, all others are answered from the rows."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from api import submission
from api.fal_proxy import (
    relayed_streams,
    responses,
    result_files,
    status_streams,
    submit_headers,
    tickets,
    uploads,
)
from api.fal_proxy.responses import UpstreamResponse
from api.fal_proxy.submit_headers import InvalidHeader
from api.fal_proxy.target import Action, Host, Target
from api.http import retirement
from api.http.problem import Problem, refused
from api.http.reading import loads_posted
from api.models import Token
from api.reach import Reach
from api.submission import ProxiedCall
from api.wait import HEADER
from catalog.models import Endpoint
from fal.errors import InvalidEndpointId
from fal.messages.endpoint_id import EndpointId
from features.notifications.delivery.webhook_addresses import RefusedAddress
from runs.files.own_addresses import with_own_paths
from runs.models import Run
from runs.models.querysets import RESULT
from runs.start import confirmation, refused_starts
from runs.state import state_machine
from runs.worker.scheduling import capacity
from schemas.exact import NotJson

MAX_RUN_S = 600  # how long a call of `run` is held
TRUE = {"1", "true"}
INITIATE = ("storage/upload/initiate", "storage/upload/initiate-multipart")
AUTHORIZE = "storage/auth/token"
OVER = "over"  # query parameter of our own request for a result after the wait
USE_INSTEAD = "Use subscribe, or submit, status and result: they poll the queue."
_NO_DICT = {"loc": ["body"], "msg": "Input should be a valid dictionary", "type": "dict_type"}
_METHODS = dict.fromkeys(Action, "GET") | {Action.CANCEL: "PUT"}
STREAM_SUFFIX = "/stream"
TOKENS = ("tokens", "tokens/realtime")  # the newer one first (protocol, section 8.1)
BAD_REQUEST = "bad_request"
MAX_APPS, MAX_ALIAS_CHARS = 20, 200
TOO_MANY = {
    "detail": "Too many runs are under way. Wait for one to end, then try again.",
    "error_type": "concurrent_requests_limit",
}


@dataclass(frozen=True)
class Caller:
    """The calling user, their token or login, and the addresses under which they call.

    `origin` is ours, `queue` and `cdn` stand for fal's hosts. `reach` has the projects that the
    call sees, and the one in which it starts runs.
    """

    user: User
    token: Token | None
    reach: Reach
    login: str
    origin: str
    queue: str
    cdn: str
    read_body: Callable[[], bytes]
    headers: Mapping[str, str]

    def live_token(self, aliases: tuple[str, ...]) -> tickets.LiveToken:
        """Return a token that lets the caller open live sessions with apps of these aliases."""
        token_id = self.token.pk if self.token else None
        project_id = self.reach.target.pk
        return tickets.LiveToken(
            self.user.pk,
            token_id,
            self.login,
            self.origin,
            aliases,
            project_id,
            self.headers.get(confirmation.HEADER, ""),
        )

    def call(
        self, endpoint: Endpoint, arguments: dict[str, Any], options: Mapping[str, Any]
    ) -> ProxiedCall:
        """Return the call of a model; its run lives in the caller's target project."""
        project = self.reach.target
        return ProxiedCall(self.user, self.token, project, endpoint, arguments, options=options)


def answer(caller: Caller, target: Target, method: str) -> UpstreamResponse:
    """Return the response to a call; raises Problem for calls that are not supported."""
    if target.host == Host.REST and target.path in INITIATE and method == "POST":
        return _announce_file(caller)
    if target.host == Host.REST and target.path == AUTHORIZE and method == "POST":
        return _give_cdn_token(caller)
    if target.host == Host.REST and target.path in TOKENS and method == "POST":
        return _give_token(caller, target)
    _require_offered(target)
    if target.request_id:
        return _about_request(caller, target, method)
    if method != "POST":
        raise Problem(405, "Models are called by POST.", headers={"Allow": "POST"})
    try:
        options = submit_headers.parse_submit_headers(caller.headers)
    except InvalidHeader as error:
        body = {"detail": str(error), "error_type": BAD_REQUEST}
        return responses.as_json(body, 400, {"X-Fal-Error-Type": BAD_REQUEST})
    run = _stream(caller, target, options) if target.is_stream else _submit(caller, target, options)
    if isinstance(run, UpstreamResponse):
        return run
    response = _started(caller, target, run)
    if ignored := ", ".join(submit_headers.ignored_headers(caller.headers)):
        response.headers[submit_headers.IGNORED] = ignored
        state_machine.note_deed(run.pk, "ignored", ignored[: submit_headers.MAX_CHARS])
    return response


def _started(caller: Caller, target: Target, run: Run) -> UpstreamResponse:
    """Return the response to a call that has started a run."""
    if target.host == Host.QUEUE:
        return responses.submitted(run, caller.queue)
    response = responses.not_over(run)
    if target.is_stream:
        response.headers[relayed_streams.HEADER] = f"{run.pk} {tickets.sign_stream(run.pk)}"
    else:
        response.headers[HEADER] = f"{run.pk} {MAX_RUN_S} {_result_path(run)}"
    return response


def method_at(address: str) -> str:
    """Return the method that an address below one of fal's hosts takes."""
    _, marker, rest = address.partition("/requests/")
    is_cancellation = rest.partition("/")[2] == Action.CANCEL
    return _METHODS[Action.CANCEL if is_cancellation else Action.STATUS] if marker else "POST"


def _announce_file(caller: Caller) -> UpstreamResponse:
    """Return where to send a file, as a whole or in parts, and its later address."""
    body = _read_input(caller.read_body())
    upload = body if isinstance(body, dict) else {}
    name, content_type = (str(upload.get(key) or "") for key in ("file_name", "content_type"))
    project = caller.reach.require_maker()
    announced = uploads.announce(caller.user.pk, project.pk, name, content_type)
    upload_path = reverse("api:fal-upload", args=[announced.ticket])
    addresses = {"upload_url": upload_path, "file_url": announced.file_path}
    return responses.as_json({name: caller.origin + path for name, path in addresses.items()})


def _require_offered(target: Target) -> None:
    """Raise Problem (501) for calls that cannot be answered from runs and their rows."""
    ending = target.path.rpartition("/")[2]
    if target.host == Host.REST:
        raise _not_offered(
            "The proxy does not offer this call. POST files to /api/v1/uploads; the `url` of the "
            "answer can be used in inputs."
        )
    if target.host == Host.WEBSOCKET or (target.host == Host.RUN and ending == "realtime"):
        raise _not_offered(f"The proxy cannot open a WebSocket. {USE_INSTEAD}")
    if target.is_stream and not settings.GATEWAY_URL:
        raise _not_offered(f"Event streams need GATEWAY_URL on this server. {USE_INSTEAD}")
    if not target.request_id and "fal_max_queue_length" in target.query:
        raise _not_offered(f"The proxy does not offer fal_max_queue_length. {USE_INSTEAD}")


def _not_offered(detail: str) -> Problem:
    return Problem(501, detail, slug="not-offered")


def _submit(caller: Caller, target: Target, options: Mapping[str, Any]) -> Run | UpstreamResponse:
    """Create the run; if the input is no object, return upstream's error response instead."""
    endpoint = _endpoint(target.path)
    if (arguments := _arguments(caller)) is None:
        return responses.as_json({"detail": [_NO_DICT]}, 422)
    webhook = target.query.get("fal_webhook", "")
    with _refusals():
        return submission.start_proxied(caller.call(endpoint, arguments, options), webhook)


def _stream(caller: Caller, target: Target, options: Mapping[str, Any]) -> Run | UpstreamResponse:
    """Create the run of a stream; a header of the response makes `relayed_streams` start it."""
    endpoint = _endpoint(target.path, target.path.removesuffix(STREAM_SUFFIX))
    if (arguments := _arguments(caller)) is None:
        return responses.as_json({"detail": [_NO_DICT]}, 422)
    if not capacity.has_room(caller.user.pk):
        return responses.as_json(TOO_MANY, 429, {"X-Fal-Needs-Retry": "1"})
    with _refusals():
        call = caller.call(endpoint, arguments, options)
        return submission.start_streamed(call, tickets.GATEWAY)


def _give_token(caller: Caller, target: Target) -> UpstreamResponse:
    """Return a token of ours for live sessions, in the format that the client expects (8.1)."""
    if not settings.REALTIME_URL:
        raise _not_offered(f"Live sessions need REALTIME_URL on this server. {USE_INSTEAD}")
    body = _read_input(caller.read_body())
    names = body.get("allowed_apps") if isinstance(body, dict) else None
    apps = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    aliases = tuple(_alias(app) for app in apps[:MAX_APPS])
    if not all(aliases) or not aliases:
        raise Problem(422, "allowed_apps must list the apps that the token is for.")
    caller.reach.require_maker()
    token = caller.live_token(aliases).sign()
    is_older = target.path != TOKENS[0]
    return responses.as_json({"token": token} if is_older else token, 201)


def _give_cdn_token(caller: Caller) -> UpstreamResponse:
    """Return a token of ours for uploads, as fal's Python client asks for one."""
    caller.reach.require_maker()
    expires_at = timezone.now() + timedelta(seconds=tickets.LIVE_AGE_S)
    return responses.as_json(
        {
            "token": caller.live_token((tickets.CDN,)).sign(),
            "token_type": "Bearer",
            "base_url": caller.cdn,
            "expires_at": expires_at.isoformat(),
        }
    )


def _alias(app: str) -> str:
    """Return the alias of an endpoint id, or of an alias itself; empty if invalid."""
    if "/" not in app:
        return app[:MAX_ALIAS_CHARS]
    try:
        return EndpointId.parse(app).alias
    except InvalidEndpointId:
        return ""


def _endpoint(*candidates: str) -> Endpoint:
    """Return the first of the endpoints that is in the catalogue; raises Problem (404)."""
    endpoints = {
        endpoint.endpoint_id: endpoint
        for endpoint in Endpoint.objects.filter(endpoint_id__in=candidates)
    }
    for endpoint_id in candidates:
        if endpoint_id in endpoints:
            return retirement.note(endpoints[endpoint_id])
    raise Problem(404, f'Application "{candidates[-1][:200]}" not found')


def _arguments(caller: Caller) -> dict[str, Any] | None:
    """Return the input, with our files as paths; None if it is no object."""
    arguments = _read_input(caller.read_body())
    if not isinstance(arguments, dict):
        return None
    return dict(with_own_paths(uploads.with_uploads(caller.user, arguments)))


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except refused_starts.StartRefused as error:
        raise refused(error, 403) from error
    except RefusedAddress as error:
        raise Problem(422, f"fal_webhook: {error}", slug="webhook-refused") from error


def _read_input(content: bytes) -> Any:
    try:
        return loads_posted(content.decode()) if content.strip() else {}
    except UnicodeDecodeError:
        raise Problem(400, "The body is not UTF-8.") from None
    except NotJson as error:
        raise Problem(400, f"The body is not JSON: {error}.") from None


def _about_request(caller: Caller, target: Target, method: str) -> UpstreamResponse:
    action = target.action or Action.RESULT
    if method != _METHODS[action]:
        allowed = _METHODS[action]
        raise Problem(405, f"This address takes {allowed}.", headers={"Allow": allowed})
    with_logs = _wants_logs(target.query)
    heavy = RESULT if action == Action.RESULT else ("logs",) if with_logs else ()
    run = _find(caller, target, heavy)
    if run is None:
        return responses.as_json(responses.NOT_FOUND, 404)
    if action == Action.CANCEL:
        return responses.cancelled(run, is_taken=state_machine.request_cancel(run.pk))
    if action == Action.STATUS:
        return responses.status(run, caller.queue, with_logs=with_logs)
    if action == Action.STREAM:
        response = responses.status_stream(run, caller.queue, with_logs=with_logs)
        response.headers[status_streams.HEADER] = f"{run.pk} {caller.queue} {with_logs:d}"
        return response
    has_waited = target.query.get("wait") == OVER
    if not run.is_final and has_waited:
        return responses.not_over(run)
    has_to_wait = not has_waited and result_files.are_coming(run)
    response = responses.result(run, result_files.addresses(run, caller.token, caller.origin))
    if has_to_wait:
        response.headers[HEADER] = f"{run.pk} 0 {_result_path(run)}"
    return response


def _find(caller: Caller, target: Target, heavy: Sequence[str]) -> Run | None:
    """Return the caller's own run by our id or upstream's, if it is of that app; else None."""
    own_id = None
    with suppress(ValueError):  # upstream's ids may be any text, ours are UUIDs
        own_id = uuid.UUID(target.request_id)
    own = caller.reach.visible_rows(Run.objects.owned_by(caller.user))
    runs = own.with_endpoint().select_related("charge").light("metrics", *heavy)
    run = runs.filter(Q(pk=own_id) | Q(request_id=target.request_id)).first()
    is_of_app = run and EndpointId.parse(run.endpoint.endpoint_id).app == target.app
    if run is None or not is_of_app:
        return None
    retirement.note(run.endpoint)
    return run


def _wants_logs(query: Mapping[str, str]) -> bool:
    return query.get("logs", "").lower() in TRUE


def _result_path(run: Run) -> str:
    app = EndpointId.parse(run.endpoint.endpoint_id).app
    return f"/api/fal/queue/{app}/requests/{run.pk}?wait={OVER}"
