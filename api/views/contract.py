"""The OpenAPI document of the API."""

from __future__ import annotations

import hashlib
import json
from functools import cache

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from api.contract import document as contract
from api.contract.operation import OPERATIONS


@cache
def _text() -> tuple[bytes, str]:
    text = json.dumps(contract.document(OPERATIONS), ensure_ascii=False).encode()
    return text, f'"{hashlib.blake2b(text, digest_size=16).hexdigest()}"'


@login_not_required
@require_safe
def document(request: HttpRequest) -> HttpResponseBase:
    """Serve the document, which contains nothing private."""
    text, etag = _text()
    response = HttpResponse(text, content_type="application/json", headers={"ETag": etag})
    response.headers["Cache-Control"] = "no-cache"
    conditional = get_conditional_response(request, etag=etag, response=response)
    return conditional or response
