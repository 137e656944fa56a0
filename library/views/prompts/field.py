"""What the menu of a prompt field asks for: the prompts that it offers, and the text of one."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.limits.rate_limit import limit
from fal.db_safe import db_safe_text
from kept.resource import no_store
from library.models import Prompt
from library.prompts import expansion, using
from library.views.prompts.prompts import PROMPTS
from projects import current

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

OFFERED = 12
MAX_WORDS_CHARS = 100


@limit("search")
@require_safe
@no_store
def offered(request: HtmxRequest) -> HttpResponse:
    """Render the prompts with the words in `?q=` as options of a list."""
    search_text = db_safe_text(request.GET.get("q", ""))[:MAX_WORDS_CHARS]
    rows = Prompt.objects.offered_in(current.current(request), request.user).with_words(search_text)
    options = [(row, bool(using.slots_to_fill(row))) for row in rows[:OFFERED]]
    return render(request, "library/prompts/_options.html", {"options": options})


@limit("search")
@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def text(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Render the form that asks for a prompt's variables; a POST answers with the text they make.

    A prompt that takes one takes in the posted `current` text of the field.
    """
    prompt = PROMPTS.find(request, pk)
    if request.method != "POST":
        context = {"prompt": prompt, "slots": using.slots_to_fill(prompt)}
        return render(request, "library/prompts/_filling.html", context)
    typed = request.POST
    try:
        filled_text = using.one_text(prompt, typed, typed.get("current", ""))
    except expansion.Refused as refused:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return HttpResponse(str(refused), content_type="text/plain", status=status)
    return HttpResponse(filled_text, content_type="text/plain; charset=utf-8")
