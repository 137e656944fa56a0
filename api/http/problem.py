"""Errors of the API as problem details (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from accounts.limits.rate_limit import MESSAGE
from accounts.limits.throttle import format_wait
from api.contract import gone
from api.contract.operation import JSON, PROBLEM
from core.http.errors import TooLarge, UnreadBody
from runs.start import refused_starts

ROOT = "/api/"
OPENAI_ROOT = "/api/openai/"
PLATFORM_ROOT = "/api/fal/v1/"
_SLUGS = {
    400: "malformed",
    401: "not-authenticated",
    403: "not-allowed",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    410: "gone",
    411: "length-required",
    413: "too-large",
    415: "wrong-content-type",
    422: "invalid",
    429: "too-many-requests",
    500: "server-error",
    503: "unavailable",
    507: "storage-full",
}
_OPENAI_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
}
_PLATFORM_TYPES = {
    401: "authorization_error",
    403: "authorization_error",
    404: "not_found",
    429: "rate_limited",
    501: "not_implemented",
}
_UNKNOWN = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}  # no operation is there
_DETAILS = {
    400: "The request could not be understood.",
    404: "There is nothing at this address that you may see.",
    500: "The server failed. The failure is logged; try again later.",
    503: "The database does not answer at the moment. Try again in a few seconds.",
}


class Problem(Exception):
    """An error response: status, a sentence, and the errors with their places.

    `errors` are `{detail, pointer}` (a JSON Pointer into the body) or `{detail, parameter}`.
    """

    def __init__(
        self,
        status: int,
        detail: str = "",
        *,
        slug: str = "",
        errors: Iterable[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        self.status = status
        self.detail = detail or _DETAILS.get(status, "")
        self.slug = slug or _SLUGS.get(status, "error")
        self.errors = [dict(error) for error in errors]
        self.headers = dict(headers or {})
        self.more = more
        super().__init__(self.detail)

    def as_json(self) -> dict[str, Any]:
        """Return the members of the problem document."""
        document: dict[str, Any] = {
            "type": f"urn:vitrine:problem:{self.slug}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        return document | ({"errors": self.errors} if self.errors else {}) | self.more

    def as_openai_error(self) -> dict[str, Any]:
        """Return the error in the format of OpenAI's clients, for paths below `OPENAI_ROOT`."""
        parameter = next(
            (problem["parameter"] for problem in self.errors if "parameter" in problem), None
        )
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        error = {
            "message": self.detail,
            "type": _OPENAI_TYPES.get(self.status, kind),
            "param": parameter,
            "code": self.slug.replace("-", "_"),
        }
        return {"error": error}

    def as_platform_error(self) -> dict[str, Any]:
        """Return the error in the format of fal's Platform API (protocol, section 3.6)."""
        kind = "server_error" if self.status >= 500 else "validation_error"
        message = self.detail or HTTPStatus(self.status).phrase
        return {"error": {"type": _PLATFORM_TYPES.get(self.status, kind), "message": message}}

    def response(self) -> HttpResponse:
        """Return the HTTP response."""
        response = HttpResponse(
            json.dumps(self.as_json()), status=self.status, content_type=PROBLEM
        )
        for name, value in {"Cache-Control": "no-store", **self.headers}.items():
            response.headers[name] = value
        return response


# Error formats of other services, by the root of their paths.
_FORMATS = {
    OPENAI_ROOT: Problem.as_openai_error,
    PLATFORM_ROOT: Problem.as_platform_error,
}


def refused(error: refused_starts.StartRefused | PermissionDenied, status: int = 409) -> Problem:
    """Return the problem of a refusal: 402 or 403 for what is forbidden, else `status`."""
    if isinstance(error, refused_starts.Unconfirmed):
        return Problem(error.status, str(error), slug="unconfirmed", max_cost=error.answer)
    if isinstance(error, refused_starts.Unaffordable):
        extensions: dict[str, Any] = {"ask": error.remedy.address} if error.remedy else {}
        return Problem(error.status, str(error), slug="unaffordable", **extensions)
    if isinstance(error, refused_starts.Forbidden | PermissionDenied):
        return Problem(403, str(error))
    return Problem(status, str(error), slug="cannot-be-run")


def pointer(path: Iterable[str | int], *before: str) -> str:
    """Return a JSON Pointer as a URI fragment: `#/arguments/loras/0/path` (RFC 6901, 6)."""
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in (*before, *path)]
    return "".join(["#", *(f"/{part}" for part in parts)])


def as_problems(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: replaces error pages below `/api/` with problem documents.

    It answers 410 for operations that left, and OPTIONS with the methods that the view's 405
    response names.
    """

    def respond(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        is_error = response.status_code >= HTTPStatus.BAD_REQUEST
        if not (is_error and request.path_info.startswith(ROOT)):
            return response
        is_unknown = response.status_code in _UNKNOWN
        if is_unknown and (why := gone.reason(request.method or "", request.path_info)):
            return Problem(HTTPStatus.GONE, why).response()
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            response.headers["Allow"] = allowed = _allowed(response.headers["Allow"])
            if request.method == "OPTIONS":
                return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"Allow": allowed})
        if isinstance(response, HttpResponse) and not _is_ours(response):
            problem = Problem(response.status_code, _detail(response))
            formats = (
                form for root, form in _FORMATS.items() if request.path_info.startswith(root)
            )
            as_theirs = next(formats, None)
            body = as_theirs(problem) if as_theirs else problem.as_json()
            response.content = json.dumps(body).encode()
            response.headers["Content-Type"] = JSON if as_theirs else PROBLEM
            response.headers["Content-Length"] = str(len(response.content))
        return response

    return respond


def _allowed(methods: str) -> str:
    """Return the methods of an address, including HEAD and OPTIONS (RFC 9110, 9.1)."""
    allowed = {*methods.split(", "), "OPTIONS"}
    return ", ".join(sorted(allowed | {"HEAD"} if "GET" in allowed else allowed))


def _is_ours(response: HttpResponse) -> bool:
    """Whether it is a problem document, or an error in upstream's format (`api.fal_proxy`)."""
    is_exact = getattr(response, "is_exact", False)
    return is_exact or response.headers.get("Content-Type", "").startswith(PROBLEM)


def _detail(response: HttpResponse) -> str:
    """Return details of the replaced page that its status does not tell."""
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return MESSAGE.format(format_wait(int(response.headers["Retry-After"])))
    if isinstance(response, TooLarge):
        return f"The body is too large. {response.why}"
    return response.why if isinstance(response, UnreadBody) else ""
