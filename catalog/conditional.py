"""Conditional requests: a page that has not changed since a browser last saw it is not sent again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar, cast

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response

View = TypeVar("View", bound=Callable[..., HttpResponse])
# Each drawing masks the same secret anew; every mask of it is as good as another.
_MASKED = re.compile(rb'(name="csrfmiddlewaretoken" value="|"x-csrftoken": ")[A-Za-z0-9]{64}"')


def revalidated(view: View) -> View:
    """Give a view's whole pages an ETag, and answer 304 to who has this very page.

    The tag is of everything on the page but the masks of its CSRF token, and of the token's secret:
    whoever gets a 304 holds a page whose forms can still be sent. Fragments have none, since their
    headers are news as well.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        is_fragment = request.headers.get("HX-Request") == "true"
        if is_fragment or response.status_code != HTTPStatus.OK:
            return response
        secret = str(request.META.get("CSRF_COOKIE", ""))
        page = hashlib.blake2b(_MASKED.sub(rb"\1", response.content), digest_size=16)
        page.update(secret.encode())
        response.headers["ETag"] = f'W/"{page.hexdigest()}"'
        response.headers.setdefault("Cache-Control", "private, no-cache")
        found = get_conditional_response(request, etag=response.headers["ETag"], response=response)
        return cast("HttpResponse", found)

    return cast("View", answer)
