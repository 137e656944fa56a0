"""What a form's fields ask for: the references that they offer, and the cover of one."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.limits.rate_limit import limit
from fal.db_safe import db_safe_text
from kept.resource import no_store
from library.models import Reference
from library.references import using
from projects import current
from schemas.uses import mentions

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

OFFERED = 12
MAX_WORDS_CHARS = 100


@limit("search")
@require_safe
@no_store
def offered(request: HtmxRequest) -> HttpResponse:
    """Render the references with the words in `?q=` as options of a list."""
    words = db_safe_text(request.GET.get("q", ""))[:MAX_WORDS_CHARS].removeprefix("me/")
    rows = Reference.objects.offered_in(current.current(request), request.user)
    options = list(using.mentions_of(rows.with_words(words)[:OFFERED], request.user))
    return render(request, "library/references/_options.html", {"options": options})


@require_safe
@no_store
def cover(request: HtmxRequest) -> HttpResponse:
    """Lead to the first picture of the reference that `?name=@bottle` means in the project.

    204 without one: a field shows a cover if there is any, and says elsewhere what is wrong.
    """
    key = mentions.whole(db_safe_text(request.GET.get("name", "")))
    rows = Reference.objects.offered_in(current.current(request), request.user)
    rows = rows.filter(key=key.removeprefix(mentions.OWN))
    named = using.mentions_of(rows, request.user)
    row = next((row for row, text in named if mentions.key_of(text) == f"@{key}"), None)
    if row is None or not row.cover:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return redirect(row.cover)
