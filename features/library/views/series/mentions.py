"""Requests of a form's fields: the names that `@` offers, and the picture of one."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.limits.rate_limit import limit
from core.http.caching import no_store
from core.http.parameters import search_words
from fal.db_safe import db_safe_text
from features.library.models import Series
from features.library.series import mentions
from projects import current
from schemas.uses.mentions import OWN, key_of, whole

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

OFFERED = 12


@limit("search")
@require_safe
@no_store
def mentioned(request: HtmxRequest) -> HttpResponse:
    """Render the series with the words in `?q=` that prompts can mention, as options of a list."""
    rows = Series.objects.mentioned_in(current.current(request), request.user)
    found = list(rows.with_words(search_words(request).removeprefix(OWN))[:OFFERED])
    contents = mentions.contents_of(request.user, found)
    options = [
        (row, mention, contents[row.pk])
        for row, mention in mentions.mentions_of(found, request.user)
    ]
    return render(request, "features/library/series/_mentioned.html", {"options": options})


@require_safe
@no_store
def cover(request: HtmxRequest) -> HttpResponse:
    """Redirect to the first picture of the series that `?name=@bottle` means in the project.

    204 if there is none: the field shows a cover if possible, and its errors elsewhere.
    """
    key = whole(db_safe_text(request.GET.get("name", "")))
    rows = Series.objects.mentioned_in(current.current(request), request.user)
    rows = rows.filter(mention_key=key.removeprefix(OWN))
    row_mentions = mentions.mentions_of(rows, request.user)
    row = next((row for row, text in row_mentions if key_of(text) == f"@{key}"), None)
    picture = mentions.covers_of(request.user, [row]).get(row.pk) if row else None
    return redirect(picture) if picture else HttpResponse(status=HTTPStatus.NO_CONTENT)
