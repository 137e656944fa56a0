"""The endpoints for fal's own clients: one for `proxyUrl`, and others that replace fal's hosts.

Those below `/api/fal/v1/` name the models that a token may run, and their prices.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import IO, cast
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from accounts import single_use
from accounts.limits.rate_limit import OWN
from api import fal_catalogue, tokens
from api.fal_proxy import calls, parts, responses, result_files, target, tickets, uploads
from api.fal_proxy.target import Host, InvalidTarget, Target
from api.http import limits
from api.http.authentication import require_scope
from api.http.problem import Problem, refused
from api.http.reading import loads_posted
from api.http.token_view import Answer, Caller, TokenView
from api.models import ProxyFile, Token
from api.reach import PARAMETER, reach_of
from core.http.parameters import parse_key
from runs.files import result_names
from runs.files import uploads as files
from runs.views import files as served_files
from schemas.exact import NotJson

METHODS = ("GET", "POST", "PUT")
QUEUE_PATH, RUN_PATH, HOSTS_PATH = "/api/fal/queue", "/api/fal/run", "/api/fal/hosts/"
CDN_HOST = "v3.fal.media"
CDN_UPLOAD, CDN_PARTS = "files/upload", "files/upload/multipart"
Read = Callable[[HttpRequest, str, str], Target]


class FalProxy:
    """A view: handles calls of fal's clients, by a token or by a login on this site's pages."""

    # For middleware. `_person` accepts a token, or a login combined with a check of the origin.
    login_required = False
    csrf_exempt = True
    takes_token = True
    rate_limit = OWN

    def __init__(self, read: Read, queue: Callable[[HttpRequest, str], str]) -> None:
        self._read = read
        self._queue = queue  # the address under which the caller calls fal's queue

    def __call__(self, request: HttpRequest, address: str = "", host: str = "") -> HttpResponse:
        """Answer one call; errors are JSON in a format for fal's clients."""
        try:
            return self._respond(request, address, host)
        except PermissionDenied as denied:
            return responses.refusal(refused(denied))
        except Problem as problem:
            return responses.refusal(problem)

    def _respond(self, request: HttpRequest, address: str, host: str) -> HttpResponse:
        method = "GET" if request.method == "HEAD" else request.method or ""
        if method not in METHODS:
            allowed = calls.method_at(address) if address else ", ".join(METHODS)
            raise Problem(405, f"This address takes {allowed}.", headers={"Allow": allowed})
        user, token = _person(request)
        try:
            target = self._read(request, address, host)
        except InvalidTarget as error:
            raise Problem(400, str(error), slug="bad-target") from None
        headers = limits.take(_limit(target), user.pk)
        reach = reach_of(user, token, request.GET.get(PARAMETER))
        queue, cdn = self._queue(request, host), _under(request, host, CDN_HOST)
        login = "" if token else single_use.session_digest(request.session.session_key)
        caller = calls.Caller(
            user,
            token,
            reach,
            login,
            _origin(request),
            queue,
            cdn,
            lambda: request.body,
            request.headers,
        )
        response = calls.answer(caller, target, method)
        for name, value in headers.items():
            response.headers[name] = value
        return response


def _limit(target: Target) -> str:
    if target.request_id:
        return "poll"
    return "file" if target.host == Host.REST else "run"


def _person(request: HttpRequest) -> tuple[User, Token | None]:
    """Return the calling user and the token, None for a login; raises Problem (401, 403)."""
    token = request.api_token  # type: ignore[attr-defined]
    if token is not None or "Authorization" in request.headers:
        token = require_scope(token, tokens.RUN)
        return token.user, token
    if not isinstance(request.user, User):
        require_scope(None, tokens.RUN)
    _require_same_origin(request)
    return request.user, None  # type: ignore[return-value]


def _require_same_origin(request: HttpRequest) -> None:
    """Raise Problem (403) unless a page of this site called: a login alone is open to CSRF."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    is_ours = site == "same-origin" if site else request.method in {"GET", "HEAD"}
    if origin is not None:
        own_url = urlsplit(request.build_absolute_uri("/"))
        is_ours = site in {None, "same-origin"} and origin == f"{own_url.scheme}://{own_url.netloc}"
    if not is_ours:
        detail = "A login counts only on pages of this site. Elsewhere, use an API token."
        raise Problem(403, detail, slug="cross-origin")


def _origin(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")


def _under(request: HttpRequest, came_by: str, host: str) -> str:
    """Return the address of a fal host for a caller that used the host `came_by`.

    It is the host's own name only if the proxy in front says that it was called by such a name:
    otherwise the caller would send its token to fal.
    """
    if came_by and request.headers.get("X-Forwarded-Host") == came_by:
        return f"https://{host}"
    return f"{_origin(request)}{HOSTS_PATH}{host}"


def _named(request: HttpRequest, address: str, host: str) -> Target:
    target_url = request.headers.get("x-fal-target-url", "")
    if not target_url:
        raise InvalidTarget("Name the address to call in the header x-fal-target-url.")
    return target.parse(target_url)


def _below(host: Host) -> Read:
    def read(request: HttpRequest, address: str, _: str) -> Target:
        return target.from_path(host, address, request.META.get("QUERY_STRING", ""))

    return read


def _by_host(request: HttpRequest, address: str, host: str) -> Target:
    if host not in set(Host):
        raise InvalidTarget(f"{host[:60]} is not one of the hosts {', '.join(Host)}.")
    return _below(Host(host))(request, address, host)


def _own_queue(request: HttpRequest, host: str) -> str:
    return _origin(request) + QUEUE_PATH


@login_not_required
@csrf_exempt
def cdn(request: HttpRequest, address: str) -> HttpResponse:
    """Receive a file of fal's Python client, or begin one in parts, by a token for uploads."""
    kind, _, signed = request.headers.get("Authorization", "").partition(" ")
    token = tickets.LiveToken.verify(signed.strip()) if kind == "Bearer" else None
    if token is None or token.aliases != (tickets.CDN,) or token.is_revoked:
        return responses.refusal(Problem(401, "Fetch a new token for uploads from storage/auth."))
    if request.method != "POST" or address not in {CDN_UPLOAD, CDN_PARTS}:
        return responses.refusal(Problem(404, f"This host takes POST {CDN_UPLOAD}."))
    try:
        limits.take("file", token.user_id)
    except Problem as problem:
        return responses.refusal(problem)
    name = request.headers.get("X-Fal-File-Name", "")
    announcement = uploads.announce(
        token.user_id, token.project_id, name, request.content_type or ""
    )
    access_url = token.origin + announcement.file_path
    if address == CDN_PARTS:
        return responses.as_json({"access_url": access_url, "uploadId": announcement.ticket})

    def receive(announced: uploads.AnnouncedUpload) -> HttpResponse:
        uploads.receive(announced, cast("IO[bytes]", request))
        return responses.as_json({"access_url": access_url})

    return _receive(request, announcement.ticket, "POST", receive)


@login_not_required
@require_safe
def result_file(request: HttpRequest, signed: str, name: str) -> HttpResponseBase:
    """Serve a result's file by its signed address, for as long as its caller may read the result.

    Any site may read it, as at fal: the address suffices, without a login.
    """
    artifact_and_user = result_files.find(signed)
    if artifact_and_user is None:
        raise Http404("This result no longer exists, or the token that it was for does not.")
    artifact, user = artifact_and_user
    file_name = result_names.served_name(artifact, user)
    response = served_files.serve(request, artifact.file, artifact.content_type, file_name)
    response.headers["Cache-Control"] = "private, no-cache"  # ended addresses stop at once
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _from_any_site(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let pages of other sites send a file, as fal does: the ticket is the only permission."""

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **named: object) -> HttpResponse:
        response = view(request, *args, **named)
        if request.method == "OPTIONS":  # browsers ask this way before they send
            allowed = response.headers["Allow"]
            response = HttpResponse(status=204, headers={"Allow": f"OPTIONS, {allowed}"})
            response.headers["Access-Control-Allow-Methods"] = allowed
            response.headers["Access-Control-Allow-Headers"] = "*"
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    return answer


@login_not_required
@csrf_exempt
@_from_any_site
def upload(request: HttpRequest, ticket: str) -> HttpResponse:
    """Receive the file of a ticket, the only authorization that fal's clients send here."""

    def receive(announced: uploads.AnnouncedUpload) -> HttpResponse:
        uploads.receive(announced, cast("IO[bytes]", request))
        return HttpResponse(status=200)

    return _receive(request, ticket, "PUT", receive)


@login_not_required
@csrf_exempt
@_from_any_site
def upload_part(request: HttpRequest, ticket: str, number: int, **_: object) -> HttpResponse:
    """Receive a part of the file of a ticket; its later address may precede the ticket."""

    def receive(announced: uploads.AnnouncedUpload) -> HttpResponse:
        size_bytes = parse_key(request.META.get("CONTENT_LENGTH")) or 0
        etag = parts.receive(announced, number, cast("IO[bytes]", request), size_bytes)
        return responses.as_json({"partNumber": number, "etag": etag}, headers={"ETag": etag})

    return _receive(request, ticket, "PUT", receive)


@login_not_required
@csrf_exempt
@_from_any_site
def upload_complete(request: HttpRequest, ticket: str, **_: object) -> HttpResponse:
    """Join the parts of a ticket's file to one upload."""

    def receive(announced: uploads.AnnouncedUpload) -> HttpResponse:
        try:
            body = loads_posted(request.body.decode())
        except (NotJson, UnicodeDecodeError):
            raise ValueError("The list of parts is not JSON.") from None
        parts.complete(announced, body.get("parts") if isinstance(body, dict) else None)
        return responses.as_json({})

    return _receive(request, ticket, "POST", receive)


def _receive(
    request: HttpRequest,
    ticket: str,
    method: str,
    receive: Callable[[uploads.AnnouncedUpload], HttpResponse],
) -> HttpResponse:
    """Return the response of `receive`, or an error as JSON."""
    if request.method != method:
        return responses.refusal(
            Problem(405, f"This address takes {method}.", headers={"Allow": method})
        )
    try:
        return receive(uploads.read_ticket(ticket))
    except signing.BadSignature:
        problem = Problem(403, "This upload address is no longer valid. Start the upload again.")
    except PermissionDenied as denied:
        problem = refused(denied)
    except files.NotStored as error:
        problem = Problem(507, str(error))
    except ValueError as error:  # QuotaExceeded is one
        problem = Problem(422, str(error))
    return responses.refusal(problem)


@require_safe
def file(request: HttpRequest, file_id: uuid.UUID, name: str) -> HttpResponse:
    """Redirect to the user's own file."""
    rows = ProxyFile.objects.filter(user=cast("User", request.user)).select_related("upload")
    return redirect(get_object_or_404(rows, pk=file_id).upload)


proxy = FalProxy(_named, lambda request, host: f"https://{Host.QUEUE}")
queue = FalProxy(_below(Host.QUEUE), _own_queue)
run = FalProxy(_below(Host.RUN), _own_queue)
hosts = FalProxy(_by_host, lambda request, host: _under(request, host, Host.QUEUE))


def _list_models(request: HttpRequest, caller: Caller) -> HttpResponse:
    """List, find or search models, depending on the parameters."""
    question = fal_catalogue.Question.from_params(request.GET)
    run_address = request.build_absolute_uri(RUN_PATH)
    return responses.as_json(fal_catalogue.list_models(question, caller.reach, run_address))


def _list_prices(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Return list prices."""
    return responses.as_json(fal_catalogue.prices(request.GET, caller.reach))


def _platform_refusal(problem: Problem) -> HttpResponse:
    return responses.as_json(problem.as_platform_error(), problem.status, problem.headers)


def _platform_view(answer: Answer) -> TokenView:
    return TokenView("GET", tokens.READ, "read", answer, _platform_refusal)


models = _platform_view(_list_models)
prices = _platform_view(_list_prices)
