"""What visitors of a review post: picks and their order, ratings, comments, that they are done."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST

from people.accounts.limits.rate_limit import limit
from sharing.access import Visit, for_visitors
from sharing.models import Comment, Reviewer, ShareItem
from sharing.review import comments, judging
from sharing.review.places import read_place
from sharing.review.rules import Refused, item_of
from sharing.views.review.context import answer, by_reviewer, page_context, posted_item

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from core.http.htmx import HtmxRequest

MOST_PICKS = 500  # in one post
NO_ITEM = "Choose what you mean first."
NO_NUMBER = "That is not a number of one of these."


@by_reviewer
def say_all(request: HtmxRequest, visit: Visit, reviewer: Reviewer) -> HttpResponse:
    """Take picks, a rating and a comment in one post."""
    numbers = [_number(text) for text in request.POST.getlist("pick")[:MOST_PICKS]]
    item = posted_item(request, visit)
    picked = [item_of(visit.share, number) for number in numbers]
    for favourite in picked:
        judging.pick(reviewer, favourite, is_picked=True)
    if "rating" in request.POST:
        judging.rate(reviewer, _required(item), _number(request.POST["rating"]))
    if request.POST.get("comment"):
        place = read_place(request.POST)
        comments.say(reviewer, request.POST["comment"], item, place, is_maker=visit.is_maker)
    return answer(request, visit, reviewer, item, [favourite.pk for favourite in picked])


@limit("review")
@require_POST
@for_visitors
@by_reviewer
def picks(request: HtmxRequest, visit: Visit, reviewer: Reviewer) -> HttpResponse:
    """Pick the item of number `pick`, take back that of `unpick`, or change their order.

    `move` is `<number>-up` or `<number>-down`, `order` all numbers from the best one on.
    """
    before = set(reviewer.picks.values_list("item_id", flat=True))
    item: ShareItem | None = None
    for field in ("pick", "unpick"):
        if field in request.POST:
            item = item_of(visit.share, _number(request.POST[field]))
            judging.pick(reviewer, item, is_picked=field == "pick")
    if "move" in request.POST:
        number, _, direction = request.POST["move"].partition("-")
        item = item_of(visit.share, _number(number))
        judging.move(reviewer, item, -1 if direction == "up" else 1)
    if "order" in request.POST:
        order = request.POST["order"].split(",")[:MOST_PICKS]
        judging.arrange(reviewer, [_number(text) for text in order])
    after = set(reviewer.picks.values_list("item_id", flat=True))
    return answer(request, visit, reviewer, item, before | after)


@limit("review")
@require_POST
@for_visitors
@by_reviewer
def ratings(request: HtmxRequest, visit: Visit, reviewer: Reviewer) -> HttpResponse:
    """Take `rating`, `<number>-<stars>` with 1 to 5 stars; 0 takes them back."""
    number, _, stars = request.POST.get("rating", "").partition("-")
    item = item_of(visit.share, _number(number))
    judging.rate(reviewer, item, _number(stars))
    return answer(request, visit, reviewer, item)


@limit("review")
@require_POST
@for_visitors
@by_reviewer
def new_comment(request: HtmxRequest, visit: Visit, reviewer: Reviewer) -> HttpResponse:
    """Say `comment` of the share, of `item`, or of a place in it; or as an answer to `parent`."""
    item = posted_item(request, visit)
    text, parent = request.POST.get("comment", ""), request.POST.get("parent", "")
    thread = None
    if parent:
        thread = get_object_or_404(_comments(visit), pk=_uuid(parent))
    place = read_place(request.POST)
    comments.say(reviewer, text, item, place, thread, is_maker=visit.is_maker)
    return answer(request, visit, reviewer, item)


@limit("review")
@require_http_methods(["GET", "HEAD", "POST"])
@for_visitors
def comment(request: HtmxRequest, visit: Visit, comment_id: uuid.UUID) -> HttpResponse:
    """Show a comment of one's own to change it; a POST changes it."""
    said = get_object_or_404(_comments(visit), pk=comment_id)
    if request.method == "POST":
        return _change(request, visit, said)
    context = page_context(request, visit)
    reviewer = context["reviewer"]
    if reviewer is None or said.reviewer_id != reviewer.pk:
        raise Http404(comments.NOT_YOURS)
    context |= {"said": said, "item": said.item, "back": "item" if said.item else ""}
    return render(request, "sharing/review/change.html", context)


@by_reviewer
def _change(request: HtmxRequest, visit: Visit, reviewer: Reviewer, said: Comment) -> HttpResponse:
    comments.change(reviewer, said, request.POST.get("comment", ""))
    return answer(request, visit, reviewer, said.item)


@limit("review")
@require_POST
@for_visitors
@by_reviewer
def comment_deletion(
    request: HtmxRequest, visit: Visit, reviewer: Reviewer, comment_id: uuid.UUID
) -> HttpResponse:
    """Delete one's own comment, or any as a maker; the page offers to undo it."""
    said = get_object_or_404(_comments(visit), pk=comment_id)
    comments.delete(reviewer, said, is_maker=visit.is_maker)
    if request.htmx:
        return answer(request, visit, reviewer, said.item, deleted=said)
    context = {"share": visit.share, "visit": visit, "said": said, "item": said.item}
    return render(request, "sharing/review/deleted.html", context)


@limit("review")
@require_POST
@for_visitors
@by_reviewer
def comment_recovery(
    request: HtmxRequest, visit: Visit, reviewer: Reviewer, comment_id: uuid.UUID
) -> HttpResponse:
    """Bring back a comment that was deleted within the last hour."""
    said = get_object_or_404(visit.share.comments.exclude(deleted_at=None), pk=comment_id)
    comments.bring_back(reviewer, said, is_maker=visit.is_maker)
    return answer(request, visit, reviewer, said.item)


@limit("review")
@require_POST
@for_visitors
@by_reviewer
def comment_resolution(
    request: HtmxRequest, visit: Visit, reviewer: Reviewer, comment_id: uuid.UUID
) -> HttpResponse:
    """Resolve a thread, or with `resolved=0` open it again."""
    said = get_object_or_404(_comments(visit), pk=comment_id)
    is_resolved = request.POST.get("resolved", "1") == "1"
    comments.resolve(reviewer, said, is_resolved, is_maker=visit.is_maker)
    return answer(request, visit, reviewer, said.item)


@limit("review")
@require_POST
@for_visitors
@by_reviewer
def completion(request: HtmxRequest, visit: Visit, reviewer: Reviewer) -> HttpResponse:
    """Say that one is done, which the share's user hears at once."""
    judging.finish(reviewer)
    reviewer.refresh_from_db(fields=["finished_at"])
    return answer(request, visit, reviewer, posted_item(request, visit))


def _comments(visit: Visit) -> QuerySet[Comment]:
    kept = visit.share.comments.filter(deleted_at=None)
    return kept.select_related("item", "parent__item", "reviewer")


def _required(item: ShareItem | None) -> ShareItem:
    if item is None:
        raise Refused(NO_ITEM)
    return item


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refused(NO_NUMBER)
    return int(text)


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Http404(comments.GONE) from None
