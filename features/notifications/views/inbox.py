"""The inbox: its page, the panel that the bell opens, and marking lines as seen."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from core.http.caching import no_store
from core.http.parameters import page_of, parse_moment
from features.notifications import inbox, kinds, subjects
from features.notifications.models import Notification
from playground.display import history

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.contrib.auth.models import User
    from django.http import HttpResponse, HttpResponseBase

    from core.http.htmx import HtmxRequest
    from features.notifications.subjects import Button

ON_A_PAGE = 50
IN_PANEL = 12


@require_safe
@no_store
def index(request: HtmxRequest) -> HttpResponse:
    """List the user's notifications; with `show=running` their runs of the last hours."""
    if request.GET.get("show") == "running":
        since = timezone.now() - history.ENDED_WITHIN
        runs = history.tray_runs(request.user, since)[: history.MAX_TRAY_ROWS]
        rows = history.rows_for(request.user, runs)
        return render(request, "features/notifications/running.html", {"rows": rows})
    page = page_of(request, inbox.lines(request.user), ON_A_PAGE)
    context = {"page": page, "notifications": _labelled(request.user, page.object_list)}
    return render(request, "features/notifications/inbox.html", context)


@require_safe
@no_store
def panel(request: HtmxRequest) -> HttpResponse:
    """Render the bell's panel: runs in progress or ended after `?since`, and new lines."""
    since = parse_moment(request.GET.get("since", ""))
    new = inbox.lines(request.user, Q(seen_at=None))[:IN_PANEL]
    context = {
        "lines": history.tray_lines(request.user, since),
        "notifications": _labelled(request.user, new),
    }
    return render(request, "features/notifications/panel.html", context)


@require_safe
@no_store
def open_line(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Redirect to a line's page and mark it as seen; a GET suffices for the user's own line."""
    inbox_line = get_object_or_404(inbox.lines(request.user, Q(pk=pk)))
    if request.method == "GET":
        inbox.open_line(inbox_line)
    return redirect(inbox_line.path or "notifications:inbox")


@require_POST
def seen(request: HtmxRequest) -> HttpResponseBase:
    """Mark everything as seen."""
    inbox.see_all(request.user)
    return redirect("notifications:inbox")


def _labelled(
    user: User, lines: Iterable[Notification]
) -> list[tuple[Notification, str, Sequence[str], Button | None]]:
    """Return lines with their kinds in words, pictures, and a button if they wait for the user."""
    notifications = list(lines)
    pictures = subjects.pictures_of(user, notifications)
    buttons = subjects.buttons_of(user, notifications)
    return [
        (line, kinds.label(line.kind), pictures.get(row, ()), buttons.get(row))
        for line in notifications
        for row in [(line.about, subjects.row_key(line))]
    ]
