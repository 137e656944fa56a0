"""Notifies users after a sync that models which they use have changed, once for each sync."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import timedelta

from django.contrib.auth.models import User
from django.urls import reverse

from catalog.models import Change, Endpoint, Favourite, SyncReport
from core.db import clock
from core.formatting import counted
from features.notifications import kinds, outbox
from runs.models import Run

USED_WITHIN = timedelta(days=30)
REST_S = 300.0
LISTED = 20
_HARMLESS = (Change.Kind.NEW, Change.Kind.BACK)
_last_report = 0  # the key of the last sync about which this process has notified


def notify_of_changes() -> float:
    """Notify users of the last sync's changes; returns the seconds to the next call."""
    global _last_report
    report = SyncReport.objects.exclude(ended_at=None).first()
    if report is None or report.pk == _last_report or Change.objects.uncompared().exists():
        return REST_S
    recorded = Change.objects.worth_showing().filter(at__gte=report.started_at)
    changes = recorded.exclude(kind__in=_HARMLESS).select_related("endpoint")
    by_endpoint: dict[int, list[Change]] = defaultdict(list)
    for change in changes:
        if change.kind != Change.Kind.LISTING or change.word == "Deprecated":
            by_endpoint[change.endpoint_id].append(change)
    endpoints_of = used(by_endpoint)
    for user in User.objects.filter(is_active=True, pk__in=endpoints_of):
        _notify(user, report, [by_endpoint[pk] for pk in endpoints_of[user.pk]])
    _last_report = report.pk
    return REST_S


def used(endpoints: Collection[int]) -> dict[int, list[int]]:
    """Return those of these models that each user has starred or run lately, by user."""
    starred = Favourite.objects.filter(endpoint__in=endpoints)
    since = clock.now() - USED_WITHIN
    ran = Run.objects.kept().filter(endpoint__in=endpoints, created_at__gt=since)
    pairs = {*starred.values_list("user_id", "endpoint_id")}
    pairs.update(ran.order_by().values_list("user_id", "endpoint_id").distinct())
    users: dict[int, list[int]] = defaultdict(list)
    for user, endpoint in sorted(pairs):
        users[user].append(endpoint)
    return users


def _notify(user: User, report: SyncReport, changed: list[list[Change]]) -> None:
    lines = [
        f"{changes[0].endpoint.name}: {', '.join(change.headline for change in changes)}"
        for changes in changed
    ]
    first = changed[0][0].endpoint
    is_one = len(changed) == 1
    outbox.notify(
        user,
        kinds.MODEL_CHANGED,
        subject=lines[0] if is_one else f"{counted(len(lines), 'model')} that you use have changed",
        text="\n".join(lines[:LISTED]),
        path=_page(first) if is_one else reverse("catalog:changes"),
        key=f"models {report.pk}",
        about=first,
    )


def pictures_of(user: User, endpoints: Collection[int]) -> dict[int, list[str]]:
    """Return the pictures of models."""
    shown = Endpoint.objects.filter(pk__in=endpoints).select_related("picture").only("picture")
    return {endpoint.pk: [endpoint.picture.small_src] for endpoint in shown if endpoint.picture}


def _page(endpoint: Endpoint) -> str:
    """Return the page about what changed; of a retired model, the one that replaces it."""
    if endpoint.retirement:
        return reverse("retirement:dependants", args=[endpoint.endpoint_id])
    return f"{endpoint.get_absolute_url()}?tab=about"
