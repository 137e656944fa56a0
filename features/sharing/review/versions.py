"""Versions of an item: newer results that replace it, and the comments that they answer.

A version is sent by a person who has seen it, and can be taken back until the client has seen it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max, Min

from accounts.audit import trail
from core.db import clock
from core.refusals import Refused
from features.library.descent import edges_below, unread_edges
from features.library.selection import ResultKey
from features.sharing import access, events, items
from features.sharing.models import Comment, Share, ShareItem
from features.sharing.review import news
from runs.models import Artifact, Run, Upload
from runs.models.querysets import heavy_columns

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_VERSIONS = 50  # of one item
OFFERED = 24
UNDO_FOR = timedelta(seconds=10)  # nobody is notified before
REST_S = 600.0
AT_ONCE = 100
NOT_HERE = (
    "That result cannot be shown here: choose one that both you and the share's author may see."
)
ALREADY = "That result is already on this share."
ANSWERED = "Another result of this run was sent. Take that back first."
COMING = "Its file is still being copied here. Send it in a moment."
TOO_MANY = f"A result can have at most {MAX_VERSIONS} versions."
CLOSED = "This review is closed. Reopen it to send a new version."
SEEN = "It has been seen, so it can no longer be taken back. Send another version instead."


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


def why_not(share: Share) -> str:
    """Return the sentence that says why no version can be sent now; empty if one can."""
    return access.end_of(share) or (CLOSED if share.closed_at else "")


@transaction.atomic
def send(
    share: Share, user: User, item: ShareItem, key: ResultKey, answers: Comment | None = None
) -> ShareItem:
    """Send a result as the next version of an item, after its newest one; raises Refused.

    Feedback on earlier versions stays with them. To send the same again, as a second press does,
    changes nothing.
    """
    share = _locked(share)
    run = (items.readable(share) & Run.objects.shown_to(user)).filter(pk=key.run).first()
    if run is None or not _has(run, key.position):
        raise Refused(NOT_HERE, "artifact")
    of_share = list(share.items.all())
    of_result = [row for row in of_share if (row.run_id, row.position) == key]
    if of_result and not of_result[0].is_gone:
        if of_result[0].previous_id and answers and of_result[0].answers_id == answers.pk:
            return of_result[0]
        raise Refused(ALREADY, "artifact")
    siblings = press_of(run)
    answers_before = (row for row in of_share if answers and row.answers_id == answers.pk)
    if any(row.run_id in siblings and not row.is_gone for row in answers_before):
        raise Refused(ANSWERED, "artifact")
    drafts = [row for row in of_share if row.is_gone and row.run_id == run.pk and row.answers_id]
    version = next(iter(of_result or drafts), None) or new_item(share, run_id=key.run, is_gone=True)
    version.position, version.answers, version.is_input = key.position, answers, False
    return _publish(share, version, item, user)


@transaction.atomic
def send_upload(
    share: Share, user: User, item: ShareItem, upload: Upload, answers: Comment | None = None
) -> ShareItem:
    """Send an uploaded file as the next version of an item; raises Refused."""
    share = _locked(share)
    if share.items.filter(upload=upload).exists():
        raise Refused(ALREADY, "file")
    version = new_item(share, upload=upload, is_gone=True, answers=answers)
    return _publish(share, version, item, user)


@transaction.atomic
def take_back(share: Share, user: User, version: ShareItem) -> None:
    """Let the version's item show the one before it again; raises Refused if it has been seen.

    Within UNDO_FOR it may have been seen, but not answered. What was taken back can be sent again;
    to take it back twice changes nothing.
    """
    share = Share.objects.select_for_update(of=("self",)).get(pk=share.pk)
    version = ShareItem.objects.select_for_update(of=("self",)).get(pk=version.pk)
    if version.is_gone:
        return
    if not may_take_back(version):
        raise Refused(SEEN)
    news.withdraw_answer(version)
    share.items.filter(previous=version).update(previous=version.previous_id)
    version.is_gone, version.previous = True, None
    version.sent_by = version.news_due_at = version.seen_at = None
    version.save()
    items.touch([version])
    trail.record(user, "changed", [share], f"took back item {version.number}")
    events.raise_version(share.pk)


def is_fresh(version: ShareItem) -> bool:
    """Whether it was sent within UNDO_FOR."""
    return version.news_due_at is not None and version.news_due_at > clock.now()


def may_take_back(version: ShareItem) -> bool:
    """Whether a version was sent, and neither seen nor answered; while it is fresh, unanswered."""
    feedback = version.comments.all(), version.picks.all(), version.ratings.all()
    return is_free(version, is_judged=any(rows.exists() for rows in feedback))


def is_free(version: ShareItem, *, is_judged: bool) -> bool:
    """Whether a version can be taken back; `is_judged` if somebody has answered it. No query."""
    is_seen = version.seen_at is not None and not is_fresh(version)
    is_sent = version.sent_by_id is not None and not version.is_gone
    return is_sent and not (is_seen or is_judged)


def tell_due() -> float:
    """Notify of the versions that stayed for UNDO_FOR; returns the seconds until the next."""
    due = ShareItem.objects.filter(news_due_at__lte=clock.now()).values_list("pk", flat=True)
    for pk in list(due[:AT_ONCE]):
        with transaction.atomic():
            rows = ShareItem.objects.select_for_update(of=("self",))
            version = rows.filter(pk=pk, news_due_at__lte=clock.now()).first()
            if version is not None:
                ShareItem.objects.filter(pk=pk).update(news_due_at=None)
                news.notify_answered(version)
    next_at = ShareItem.objects.aggregate(at=Min("news_due_at"))["at"]
    return max(1.0, min((next_at - clock.now()).total_seconds(), REST_S)) if next_at else REST_S


def new_item(share: Share, **values: Any) -> ShareItem:
    """Create an item of a locked share, in the last place."""
    highest = share.items.aggregate(number=Max("number"), place=Max("place"))
    number, last_place = ((highest[name] or 0) + 1 for name in ("number", "place"))
    item = ShareItem.objects.create(share=share, number=number, place=last_place, **values)
    items.touch([item])
    return item


def _locked(share: Share) -> Share:
    """Return the present share if it takes versions; simultaneous posts wait for each other."""
    shares = Share.objects.select_for_update(of=("self",)).select_related("user", "project")
    share = shares.get(pk=share.pk)
    if refusal := why_not(share):
        raise Refused(refusal)
    return share


def _publish(share: Share, version: ShareItem, item: ShareItem, user: User) -> ShareItem:
    """Show a version that is not shown; raises Refused if there are too many."""
    chain = chain_of(list(share.items.filter(is_gone=False)), item)
    if len(chain) >= MAX_VERSIONS:
        raise Refused(TOO_MANY, "artifact")
    version.previous, version.place, version.is_gone = chain[-1], chain[-1].place, False
    version.sent_by, version.news_due_at = user, clock.now() + UNDO_FOR
    version.save()
    items.touch([version])
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
    """Whether a run has this result; raises Refused while its file is not stored here."""
    if run.state != Run.State.SUCCEEDED:
        return False
    states = dict(run.artifacts.values_list("position", "state"))
    if states.get(position) == Artifact.State.REMOTE:
        raise Refused(COMING, "artifact")
    return states.get(position) == Artifact.State.STORED if states else position == 0


def press_of(run: Run) -> set[uuid.UUID]:
    """Return the keys of the runs that the same press of Run has started."""
    siblings = Run.objects.filter(batch=run.batch) if run.batch else Run.objects.none()
    return {run.pk, *siblings.values_list("pk", flat=True)}
