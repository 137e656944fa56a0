"""Takes posts of a review's visitors: picks and their order, ratings, comments, completion."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.limits.rate_limit import limit
from core.forms import cleaned
from core.http.parameters import parse_key
from core.http.posts import hidden, is_posted, ticked
from core.refusals import Refused
from features.sharing.access import Visit, for_visitors
from features.sharing.models import Comment, Reviewer, ShareItem
from features.sharing.review import comments, judging, reading
from features.sharing.review.comments import CommentForm
from features.sharing.review.places import read_place
from features.sharing.review.rules import item_of
from features.sharing.views.review.context import (
    answer,
    by_reviewer,
    is_blind,
    page_context,
    posted_item,
)

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest
    from projects.kept.voices.comment import CommentQuerySet

MOST_PICKS = 500  # in one post
NO_ITEM = "Choose a result first."
NO_NUMBER = "There is no result with this number here."


@by_reviewer
def say_all(request: HtmxRequest, visit: Visit, reviewer: Reviewer) -> HttpResponse:
    """Take picks, a rating and a comment in one post."""
    numbers = [_number(text) for text in ticked(request, "pick")[:MOST_PICKS]]
    item = posted_item(request, visit)
    picked_items = [item_of(visit.share, number) for number in numbers]
    for favourite in picked_items:
        judging.pick(reviewer, favourite, is_picked=True)
    if is_posted(request, "rating"):
        judging.rate(reviewer, _required(item), _number(hidden(request, "rating")))
    if hidden(request, "comment"):
        _say(request, visit, reviewer, item)
    return answer(request, visit, reviewer, item, [favourite.pk for favourite in picked_items])


@limit("review")
@require_POST
@for_visitors
@by_reviewer
def picks(request: HtmxRequest, visit: Visit, reviewer: Reviewer) -> HttpResponse:
    """Pick the item with the number `pick`, undo the pick of `unpick`, or change the order.

    `move` is `<number>-up` or `<number>-down`, `order` has all numbers, the best first.
    """
    before = set(reviewer.picks.values_list("item_id", flat=True))
    item: ShareItem | None = None
    for field in ("pick", "unpick"):
        if is_posted(request, field):
            item = item_of(visit.share, _number(hidden(request, field)))
            judging.pick(reviewer, item, is_picked=field == "pick")
    if is_posted(request, "move"):
        number, _, direction = hidden(request, "move").partition("-")
        item = item_of(visit.share, _number(number))
        judging.move(reviewer, item, -1 if direction == "up" else 1)
    if is_posted(request, "order"):
        order = hidden(request, "order").split(",")[:MOST_PICKS]
        judging.arrange(reviewer, [_number(text) for text in order])
    after = set(reviewer.picks.values_list("item_id", flat=True))
    return answer(request, visit, reviewer, item, before | after)


@limit("review")
@require_POST
@for_visitors
@by_reviewer
def ratings(request: HtmxRequest, visit: Visit, reviewer: Reviewer) -> HttpResponse:
    """Take `rating`, `<number>-<stars>` with 1 to 5 stars; 0 removes them."""
    number, _, stars = hidden(request, "rating").partition("-")
    item = item_of(visit.share, _number(number))
    judging.rate(reviewer, item, _number(stars))
    return answer(request, visit, reviewer, item)


@limit("review")
@require_POST
@for_visitors
@by_reviewer
def new_comment(request: HtmxRequest, visit: Visit, reviewer: Reviewer) -> HttpResponse:
    """Post `comment` on the share, on `item`, on a place in it, or as an answer to `parent`."""
    item = posted_item(request, visit)
    _say(request, visit, reviewer, item)
    return answer(request, visit, reviewer, item)


def _say(request: HtmxRequest, visit: Visit, reviewer: Reviewer, item: ShareItem | None) -> None:
    visible = reading.comments_for(visit.share, is_blind=is_blind(visit, reviewer)).kept()
    answered = visible.select_related("item", "parent__item", "reviewer")
    cleaned_values = cleaned(CommentForm(request.POST, comments=answered))
    text, place = cleaned_values["comment"], read_place(request.POST)
    comments.say(reviewer, text, item, place, cleaned_values["parent"], is_maker=visit.is_maker)


@limit("review")
@require_http_methods(["GET", "HEAD", "POST"])
@for_visitors
def comment(request: HtmxRequest, visit: Visit, comment_id: uuid.UUID) -> HttpResponse:
    """Show the form to change the visitor's own comment; a POST changes it."""
    found_comment = get_object_or_404(_comments(visit), pk=comment_id)
    if request.method == "POST":
        return _change(request, visit, found_comment)
    context = page_context(request, visit)
    reviewer = context["reviewer"]
    if reviewer is None or found_comment.reviewer_id != reviewer.pk:
        raise Http404(comments.NOT_YOURS)
    return render(request, "features/sharing/review/change.html", context | _about(found_comment))


@by_reviewer
def _change(request: HtmxRequest, visit: Visit, reviewer: Reviewer, note: Comment) -> HttpResponse:
    form = CommentForm(request.POST, comments=_comments(visit))
    comments.change(reviewer, note, cleaned(form)["comment"])
    return answer(request, visit, reviewer, note.item)


@limit("review")
@require_POST
@for_visitors
@by_reviewer
def comment_deletion(
    request: HtmxRequest, visit: Visit, reviewer: Reviewer, comment_id: uuid.UUID
) -> HttpResponse:
    """Delete the visitor's own comment, or any as a maker; the page offers to undo it."""
    found_comment = get_object_or_404(_comments(visit), pk=comment_id)
    comments.delete(reviewer, found_comment, is_maker=visit.is_maker)
    if request.htmx:
        return answer(request, visit, reviewer, found_comment.item, deleted=found_comment)
    context = {"share": visit.share, "visit": visit} | _about(found_comment)
    return render(request, "features/sharing/review/deleted.html", context)


@limit("review")
@require_POST
@for_visitors
@by_reviewer
def comment_recovery(
    request: HtmxRequest, visit: Visit, reviewer: Reviewer, comment_id: uuid.UUID
) -> HttpResponse:
    """Restore a comment that was deleted within the last hour."""
    found_comment = get_object_or_404(visit.share.comments.exclude(deleted_at=None), pk=comment_id)
    comments.bring_back(reviewer, found_comment, is_maker=visit.is_maker)
    return answer(request, visit, reviewer, found_comment.item)


@limit("review")
@require_POST
@for_visitors
@by_reviewer
def comment_resolution(
    request: HtmxRequest, visit: Visit, reviewer: Reviewer, comment_id: uuid.UUID
) -> HttpResponse:
    """Resolve a thread, or reopen it with `resolved=0`."""
    found_comment = get_object_or_404(_comments(visit), pk=comment_id)
    is_resolved = hidden(request, "resolved", "1") == "1"
    comments.resolve(reviewer, found_comment, is_resolved, is_maker=visit.is_maker)
    return answer(request, visit, reviewer, found_comment.item)


@limit("review")
@require_POST
@for_visitors
@by_reviewer
def completion(request: HtmxRequest, visit: Visit, reviewer: Reviewer) -> HttpResponse:
    """Record that the visitor is done; the share's user is notified at once."""
    judging.finish(reviewer)
    reviewer.refresh_from_db(fields=["finished_at"])
    return answer(request, visit, reviewer, posted_item(request, visit))


def _about(note: Comment) -> dict[str, Any]:
    return {"comment": note, "item": note.item, "back": "item" if note.item else ""}


def _comments(visit: Visit) -> CommentQuerySet[Comment]:
    return visit.share.comments.kept().select_related("item", "parent__item", "reviewer")


def _required(item: ShareItem | None) -> ShareItem:
    if item is None:
        raise Refused(NO_ITEM)
    return item


def _number(text: str) -> int:
    if (number := parse_key(text)) is None:
        raise Refused(NO_NUMBER)
    return number
