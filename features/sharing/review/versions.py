"""Versions of an item: newer results that replace it, and the comments that they answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max

from accounts.audit import trail
from core.refusals import Refused
from features.library.descent import edges_below, unread_edges
from features.library.selection import ResultKey
from features.sharing import events, items
from features.sharing.models import Comment, Share, ShareItem
from runs.models import Artifact, Run
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
    chain = chain_of(of_share, item)
    if len(chain) >= MAX_VERSIONS:
        raise Refused(TOO_MANY, "artifact")
    highest = share.items.aggregate(highest=Max("number"))["highest"] or 0
    version = ShareItem.objects.create(
        share=share,
        number=highest + 1,
        place=chain[-1].place,
        run_id=key.run,
        position=key.position,
        previous=chain[-1],
        answers=answers,
    )
    items.make_ready(share)
    trail.record(user, "changed", [share], f"version {len(chain) + 1} of item {item.number}")
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
