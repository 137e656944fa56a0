"""Limits the size of a request's body by its view; a larger body is refused before it is read.

A body takes many times its size once it is parsed. So only the views that need large bodies accept
them, and only from logged-in users and programs with a token.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from core.http.errors import COMPRESSED, UnreadBody, too_large
from core.http.posted_forms import SMALL_BYTES


def _views(**names: str) -> frozenset[str]:
    return frozenset(f"{app}:{name}" for app, views in names.items() for name in views.split())


# These check a ticket or a signature, and the length, before they read the body in pieces.
BY_TICKET = _views(
    api="fal-cdn fal-file-complete fal-file-part fal-upload fal-upload-complete fal-upload-part",
    playground="webhook",
)
# Forms of models, where a prompt or a file may have megabytes, also from programs.
FORMS = _views(
    api="fal-hosts fal-proxy fal-queue fal-run openai-completions openai-generations v1-boards "
    "v1-boards-cells v1-boards-estimates v1-boards-runs v1-estimates v1-flows-estimates "
    "v1-flows-runs v1-presets v1-runs",
    boards="board-plan board-rows plan plan-of-form",
    flows="flow flow-run run-again",
    playground="draft endpoint form-blank form-default-settings form-link form-other-draft "
    "form-own-defaults form-preset form-prompts form-repair form-series "
    "form-source form-undo preset presets ticket",
)
# Files, imports, and tables that fill a page.
FILES = _views(
    api="openai-edits v1-uploads",
    catalog="collection-choices collection-edition collections-import",
    library="archives series-captions series-files",
    playground="restorations upload-tool uploads",
    sharing="answers-versions",
)
LARGE = FORMS | FILES


class LimitBodies(MiddlewareMixin):
    """Middleware: refuses bodies by the length that clients announce; they cannot send more.

    It also refuses bodies that would be read as empty, or wrongly: without a length, or compressed.

    It runs before the check of the CSRF token, which parses forms, and after API tokens are read.
    """

    async_capable = False  # it is called in the thread of the view, as all of ours are

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], *_: Any
    ) -> HttpResponseBase | None:
        """Return 413 for a body that is larger than its view takes, 411 and 415 for others.

        It is not raised, because Django would log it as an error, with a traceback for each post of
        a stranger.
        """
        if response := _unread(request):
            return response
        length = _length(request)
        name = request.resolver_match.view_name if request.resolver_match else ""
        if length <= SMALL_BYTES or name in BY_TICKET:
            return None
        is_known = request.user.is_authenticated
        most_bytes = SMALL_BYTES
        if name in LARGE and is_known:
            most_bytes = settings.POST_MAX_MB << 20
        if length <= most_bytes:
            return None
        login_note = "" if is_known else " without a login"
        why = f"It has {_size(length)}; {_size(most_bytes)} is the most{login_note}."
        return too_large(request, why)


def _unread(request: HttpRequest) -> UnreadBody | None:
    """Return the refusal of a body that would be read as none or as something else."""
    if "Transfer-Encoding" in request.headers:  # `ThreadPoolApp` has announced the smaller ones
        why = "A body of more than 1 MB needs its length: send Content-Length instead of chunks."
        return UnreadBody(HTTPStatus.LENGTH_REQUIRED, why)
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in {"", "identity"}:
        return UnreadBody(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, COMPRESSED)
    return None


def _length(request: HttpRequest) -> int:
    """Return the number of bytes that Django reads: none without an announced length."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _size(size_bytes: int) -> str:
    return f"{size_bytes >> 20:,} MB" if size_bytes >> 20 else f"{size_bytes >> 10} KB"
