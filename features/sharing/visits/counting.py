"""Counts views by people, once an hour per visitor, and records which new versions they have seen.

Views by the share's makers do not count.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.db.models import F
from django.utils import timezone

from core.db import clock
from features.sharing import events
from features.sharing.models import Share, ShareItem

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
    if not _is_visitor(request, visit):
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


def see(request: HtmxRequest, visit: Visit, item: ShareItem | None) -> None:
    """Record that a visitor gets the file of a version, which can no longer be taken back."""
    if item is None or item.sent_by_id is None or item.seen_at is not None:
        return
    if _is_visitor(request, visit):
        unseen = ShareItem.objects.filter(pk=item.pk, seen_at=None, is_gone=False)
        if unseen.update(seen_at=clock.now()):
            events.raise_version(visit.share.pk)  # its makers see it on their open pages


def _is_visitor(request: HtmxRequest, visit: Visit) -> bool:
    return is_person(request) and not visit.is_maker and request.user.pk != visit.share.user_id


def is_person(request: HtmxRequest) -> bool:
    """Return True for a person's view: no HEAD, prefetch, or program that checks links."""
    purposes = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz"))
    is_ahead = any("prefetch" in purpose or "preview" in purpose for purpose in purposes)
    agent = request.headers.get("User-Agent", "")
    return request.method == "GET" and not is_ahead and not PROGRAMS.search(agent)
