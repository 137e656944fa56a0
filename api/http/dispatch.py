"""The views of the API: each serves the operations of one path."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from accounts.limits.rate_limit import OWN
from api import charges
from api.contract.operation import JSON, Call, Operation, Reply
from api.http import limits
from api.http.authentication import require_scope
from api.http.problem import ROOT, Problem, refused
from api.http.reading import read_body, read_parameters
from api.reach import PARAMETER, reach_of
from api.spending import CapExceeded
from runs.start import confirmation, refused_starts


def accept_final_slash(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: the addresses of the API work with a slash at their end, too."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(ROOT) and request.path_info.endswith("/"):
            request.path_info = request.path_info.rstrip("/")
        return get_response(request)

    return respond


class Resource:
    """A view: the operations of one path, by method."""

    # Middleware reads these: a token replaces login and CSRF token.
    login_required = False
    csrf_exempt = True
    takes_token = True
    rate_limit = OWN

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        self._operations = operations
        first = next(iter(operations.values()))
        nouns = [part for part in first.path.split("/") if part and not part.startswith("{")]
        self.name = "-".join(["v1", *nouns, *(["one"] if first.path.endswith("}") else [])])

    def __call__(self, request: HttpRequest, **path: Any) -> HttpResponseBase:
        """Answer one request; every failure is a problem document."""
        try:
            return self._respond(request, path)
        except Problem as problem:
            return problem.response()

    def _respond(self, request: HttpRequest, path: Mapping[str, Any]) -> HttpResponseBase:
        method = "GET" if request.method == "HEAD" else request.method or ""
        operation = self._operations.get(method)
        if operation is None:
            allowed = ", ".join(sorted(self._operations))
            detail = f"This address takes {allowed}."
            raise Problem(405, detail, headers={"Allow": allowed})
        token = require_scope(request.api_token, operation.scope)  # type: ignore[attr-defined]
        headers = limits.take(operation.limit, token.user_id)
        try:
            values = read_parameters(operation, request, path)
            body = read_body(operation, request)
            _confirm(request, body)
            reach = reach_of(token.user, token, values.get(PARAMETER))
            with charges.charged(request, token) as reserved:
                call = Call(request, token, values, reach, body, reserved)
                response = as_response(operation.handle(call))
        except CapExceeded as exceeded:
            response = Problem(409, str(exceeded), slug="too-expensive").response()
        except (refused_starts.StartRefused, PermissionDenied) as error:
            response = refused(error).response()
        except Problem as problem:
            response = problem.response()
        for name, value in headers.items():
            response.headers[name] = value
        return response


def _confirm(request: HttpRequest, body: Any) -> None:
    """Confirm an unknown cost if the request's body allows it."""
    if isinstance(body, dict) and body.get("allow_unknown_price") is True:
        confirmation.confirm_unknown(request)


def as_response(reply: Reply | HttpResponseBase) -> HttpResponseBase:
    """Return the HTTP response for a handler's reply."""
    if isinstance(reply, HttpResponseBase):
        return reply
    response = HttpResponse(
        b"" if reply.body is None else dumps(reply.body),
        status=reply.status,
        content_type=JSON,
    )
    response.headers["Cache-Control"] = "private, no-store"
    for name, value in reply.headers.items():
        response.headers[name] = value
    return response


def dumps(value: Any) -> bytes:
    """Return JSON; the standard library encodes what orjson cannot, such as large integers."""
    try:
        return orjson.dumps(value)
    except TypeError:  # orjson.JSONEncodeError is one
        return json.dumps(value).encode()
