"""Versions of an item: newer results that replace it, and the comments that they answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max

from accounts.audit import trail
from core.refusals import Refused
from features.library.descent import edges_below, unread_edges
from features.library.selection import ResultKey
from features.sharing import events, items
from features.sharing.models import Comment, Share, ShareItem
from features.sharing.review import news
from runs.models import Artifact, Run, Upload
from runs.models.querysets import heavy_columns

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_VERSIONS = 50  # of one item
OFFERED = 24
NOT_HERE = (
    "That result cannot be shown here: choose one that both you and the share's author may see."
)
ALREADY = "That result is already on this share."
TOO_MANY = f"A result can have at most {MAX_VERSIONS} versions."


def chain_of(items_of_share: Sequence[ShareItem], item: ShareItem) -> list[ShareItem]:
    """Return the versions of an item, oldest first."""
    by_pk = {other.pk: other for other in items_of_share}
    later = {other.previous_id: other for other in items_of_share if other.previous_id}
    first = item
    while first.previous_id in by_pk:
        first = by_pk[first.previous_id]
    chain = [first]
    while (following := later.get(chain[-1].pk)) is not None:
        chain.append(following)
    return chain


@transaction.atomic
def add(
    share: Share, user: User, item: ShareItem, key: ResultKey, answers: Comment | None = None
) -> ShareItem:
    """Add a result as the next version of an item, after its newest one; raises Refused.

    Feedback on earlier versions stays with them.
    """
    Share.objects.select_for_update(of=("self",)).get(pk=share.pk)
    runs = items.readable(share).filter(pk=key.run) & Run.objects.shown_to(user)
    run = runs.first()
    if run is None or not _has(run, key.position):
        raise Refused(NOT_HERE, "artifact")
    of_share = list(share.items.all())
    if any((share_item.run_id, share_item.position) == key for share_item in of_share):
        raise Refused(ALREADY, "artifact")
    version = new_item(share, run_id=key.run, position=key.position, answers=answers)
    return publish(version, item, user)


def add_upload(
    share: Share, user: User, item: ShareItem, upload: Upload, answers: Comment | None = None
) -> ShareItem:
    """Add an uploaded file as the next version of an item; raises Refused."""
    Share.objects.select_for_update(of=("self",)).get(pk=share.pk)
    if share.items.filter(upload=upload).exists():
        raise Refused(ALREADY, "file")
    return publish(new_item(share, upload=upload, answers=answers), item, user)


def new_item(share: Share, **values: Any) -> ShareItem:
    """Create an item of a locked share, in the last place."""
    highest = share.items.aggregate(number=Max("number"), place=Max("place"))
    number, last_place = ((highest[name] or 0) + 1 for name in ("number", "place"))
    item = ShareItem.objects.create(share=share, number=number, place=last_place, **values)
    items.touch([item])
    return item


@transaction.atomic
def publish(version: ShareItem, item: ShareItem, user: User) -> ShareItem:
    """Show a new item as the next version of another one; raises Refused if there are too many."""
    share = version.share
    shown_items = share.items.filter(is_gone=False).exclude(pk=version.pk)
    chain = chain_of(list(shown_items), item)
    if len(chain) >= MAX_VERSIONS:
        raise Refused(TOO_MANY, "artifact")
    version.previous, version.place, version.is_gone = chain[-1], chain[-1].place, False
    version.save()
    items.make_ready(share)
    trail.record(user, "changed", [share], f"version {len(chain) + 1} of item {item.number}")
    if version.answers:
        news.notify_answered(version.answers, user)
    events.raise_version(share.pk)
    return version


def offered(share: Share, user: User, item: ShareItem) -> list[Artifact]:
    """Return results that may be its next version: first those made from it, then the newest."""
    readable = items.readable(share) & Run.objects.shown_to(user)
    below = []
    if item.run_id:
        below = [edge.run for edge in edges_below([item.run_id], user, unread_edges(user))]
    kinds = Artifact.objects.filter(run=item.run_id, position=item.position).values("kind")
    results = Artifact.objects.filter(run__in=readable.order_by().values("pk"), kind__in=kinds)
    results = results.light().select_related("run__endpoint").defer(*heavy_columns("run__"))
    shared = {(row.run_id, row.position) for row in share.items.all()}
    made_below = results.filter(run__in=below).order_by("-run__created_at", "position")
    newest = results.filter(run__user=user).order_by("-run__created_at", "position")
    candidates = [*made_below[:OFFERED], *newest[: 2 * OFFERED]]
    distinct = {(result.run_id, result.position): result for result in candidates}
    return [result for key, result in distinct.items() if key not in shared][:OFFERED]


def _has(run: Run, position: int) -> bool:
    files = list(run.artifacts.values_list("position", flat=True))
    return position in files if files else position == 0
