"""Counts views by people, once an hour per visitor, without the share's makers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.db.models import F
from django.utils import timezone

from features.sharing.models import Share

if TYPE_CHECKING:
    from django.http import HttpResponseBase

    from core.http.htmx import HtmxRequest
    from features.sharing.access import Visit

ONCE_IN_S = 3600
# Programs that check links of mails and messages, and other programs than browsers. Messengers' say
# "bot" or "preview". Teams, Slack and Outlook do not match, as people view pages in them; CUBOT is
# a maker of phones.
PROGRAMS = re.compile(
    r"(?<!cu)bot|crawl|spider|preview|scan|slurp|facebookexternalhit|embed|curl|wget|python|go-http"
    r"|java/|okhttp|safelinks|proofpoint|barracuda|mimecast|^whatsapp|google-",
    re.IGNORECASE,
)


def count(request: HtmxRequest, response: HttpResponseBase, visit: Visit) -> None:
    """Count this view, and set a cookie that says so."""
    share = visit.share
    cookie = f"vitrine_seen_{share.pk.hex}"
    if not is_person(request) or visit.is_maker or request.user.pk == share.user_id:
        return
    if cookie in request.COOKIES:
        return
    Share.objects.filter(pk=share.pk).update(views=F("views") + 1, viewed_at=timezone.now())
    response.set_cookie(
        cookie,
        "1",
        max_age=ONCE_IN_S,
        path=share.get_absolute_url(),
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def is_person(request: HtmxRequest) -> bool:
    """Return True for a person's view: no HEAD, prefetch, or program that checks links."""
    purposes = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz"))
    is_ahead = any("prefetch" in purpose or "preview" in purpose for purpose in purposes)
    agent = request.headers.get("User-Agent", "")
    return request.method == "GET" and not is_ahead and not PROGRAMS.search(agent)
