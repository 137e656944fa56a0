"""The context of a review's pages, for whole pages or for the parts that feedback changes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from core.http.parameters import parse_key
from core.http.posts import controls, hidden, is_posted
from core.refusals import Refused
from features.sharing import items, reviewers
from features.sharing.access import Visit
from features.sharing.models import Comment, Reviewer, ShareItem
from features.sharing.review import news, reading
from features.sharing.review.rules import item_of
from features.sharing.reviewers import NameRefused, reviewer_of

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY
MAX_CARRIED = 60  # posted fields that the form for a name carries along
P = ParamSpec("P")
Act = Callable[Concatenate["HtmxRequest", Visit, Reviewer, P], HttpResponse]


def by_reviewer(act: Act[P]) -> Callable[Concatenate[HtmxRequest, Visit, P], HttpResponse]:
    """Call a view with the reviewer, in one transaction; show refusals beside the form."""

    @wraps(act)
    def view(
        request: HtmxRequest, visit: Visit, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        try:
            with transaction.atomic():
                reviewer = reviewers.reviewer_for_post(request, visit)
                reviewer.share = visit.share
                response = act(request, visit, reviewer, *args, **kwargs)
        except NameRefused as refusal:
            return _ask_name(request, visit, refusal)
        except Refused as refusal:
            return _refuse(request, visit, refusal)
        reviewers.remember(response, request, reviewer)
        return response

    return view


def posted_item(request: HtmxRequest, visit: Visit) -> ShareItem | None:
    """Return the item that a form names, or None; raises Http404 if it is not shown."""
    text = hidden(request, "item")
    if not text:
        return None
    if (number := parse_key(text)) is None:
        raise Http404(items.GONE)
    return item_of(visit.share, number)


def answer(
    request: HtmxRequest,
    visit: Visit,
    reviewer: Reviewer,
    item: ShareItem | None,
    changed_pks: Collection[int] = (),
    deleted: Comment | None = None,
) -> HttpResponse:
    """Redirect to the page, or send a script the changed parts, also of `changed_pks`."""
    share = visit.share
    is_on_item = hidden(request, "back") == "item" and item is not None
    if not request.htmx:
        if is_on_item and item:
            address = reverse("sharing:review-item", args=[share.token, item.number])
            return redirect(f"{address}#comments")
        anchor = f"#item-{item.number}" if item else "#comments"
        return redirect(reverse("sharing:review", args=[share.token]) + anchor)
    share.refresh_from_db(fields=["version"])
    if is_on_item and item:
        context = item_context(request, visit, item.number, reviewer)
    else:
        shown_pks = {item.pk, *changed_pks} if item else set(changed_pks)
        context = page_context(request, visit, reviewer, shown_pks)
        if share.picks == share.Picks.RANKED:  # then all tiles were needed
            of_shown = [tile for tile in context["tiles"] if tile.shown.item.pk in shown_pks]
            context["tiles"] = of_shown
    context |= {"is_on_item": is_on_item, "deleted": deleted}
    context["is_said"] = is_posted(request, "comment") or deleted is not None
    return render(request, "features/sharing/review/_changed.html", context)


def page_context(
    request: HtmxRequest,
    visit: Visit,
    reviewer: Reviewer | None = None,
    only: Collection[int] | None = None,
) -> dict[str, Any]:
    """Return the context of the page of all items, or only of items with the keys `only`."""
    share = visit.share
    reviewer = reviewer or reviewer_of(request, visit)
    is_ranked = share.picks == share.Picks.RANKED
    blind = is_blind(visit, reviewer)
    tiles = reading.tiles(share, reviewer, None if is_ranked else only, is_blind=blind)
    tiles.sort(key=lambda tile: (not tile.choice.is_picked, tile.choice.rank))
    picked_tiles = [tile for tile in tiles if tile.choice.is_picked]
    is_whole = is_ranked or only is None
    return _common(request, visit, reviewer, blind) | {
        "tiles": tiles,
        "chosen": picked_tiles,
        "chosen_count": len(picked_tiles) if is_whole else reading.count_picked(share, reviewer),
        "threads": reading.threads(share, is_blind=blind) if share.takes_comments else [],
        "may_take_all": share.allows_download
        and (not is_whole or any(tile.shown.artifact for tile in tiles)),
        "back": "",
    }


def item_context(
    request: HtmxRequest, visit: Visit, number: int, reviewer: Reviewer | None = None
) -> dict[str, Any]:
    """Return the context of the page of one item; raises Http404 if it does not exist."""
    share = visit.share
    item_view = items.one_of(share, number)
    if item_view is None:
        raise Http404(items.GONE)
    reviewer = reviewer or reviewer_of(request, visit)
    blind = is_blind(visit, reviewer)
    chain, versions = reading.versions_of(share, item_view.item, is_blind=blind)
    choices = reading.choices_of(reviewer)
    pks = [item.pk for item in chain]
    numbers = [newest_item.number for newest_item in items.newest_of(share)]
    place = numbers.index(chain[-1].number) if chain[-1].number in numbers else 0
    threads = reading.threads(share, chain, is_blind=blind)
    ordinal = pks.index(item_view.item.pk) + 1
    tile = reading.Tile(item_view, ordinal, reading.choice_among(choices, pks), len(threads))
    return _common(request, visit, reviewer, blind) | {
        "tile": tile,
        "tiles": [tile],
        "shown_item": item_view,
        "item": item_view.item,
        "versions": versions,
        "ordinal": ordinal,
        "is_newest": item_view.item.pk == chain[-1].pk,
        "newest": chain[-1].number,
        "threads": threads,
        "pins": [thread for thread in threads if thread.is_pinned and thread.version == ordinal],
        "chosen_count": sum(choice.is_picked for choice in choices.values()),
        "before": numbers[place - 1] if place else None,
        "after": numbers[place + 1] if place + 1 < len(numbers) else None,
        "place": place + 1,
        "count": len(numbers),
        "back": "item",
    }


def is_blind(visit: Visit, reviewer: Reviewer | None) -> bool:
    """Whether a guest has to comment first, before they see what other guests say."""
    return not visit.user.is_authenticated and reading.has_said_nothing(reviewer)


def _common(
    request: HtmxRequest, visit: Visit, reviewer: Reviewer | None, blind: bool
) -> dict[str, Any]:
    share = visit.share
    offers = {}
    if visit.is_maker and share.takes_comments and share.is_open:  # a guest must learn no names
        offers = news.can_mention(share, is_maker=True)
    return {
        "visit": visit,
        "share": share,
        "reviewer": reviewer,
        "is_blind": blind,
        "mentions": sorted(offers, key=str.casefold),
        "star_range": reading.STARS,
        "typed": {},
    }


def _ask_name(request: HtmxRequest, visit: Visit, refusal: NameRefused) -> HttpResponse:
    """Ask a guest for a name; the form carries the posted fields along and posts them again."""
    left_out = {reviewers.NAME_FIELD, reviewers.TRAP_FIELD}
    posted = [
        (field, value)
        for field, values in controls(request, but=left_out).items()
        for value in values
    ]
    context = {
        "visit": visit,
        "share": visit.share,
        "name_typed": refusal.name,
        "name_problem": str(refusal) if str(refusal) != reviewers.MISSING else "",
        "pending_fields": posted[:MAX_CARRIED],
        "action": request.path,
    }
    if not request.htmx:
        return render(request, "features/sharing/review/name.html", context, status=UNPROCESSABLE)
    # For a script, asking for a name is no error.
    status = UNPROCESSABLE if context["name_problem"] else HTTPStatus.OK
    return render(request, "features/sharing/review/_name.html", context, status=status)


def _refuse(request: HtmxRequest, visit: Visit, refusal: Refused) -> HttpResponse:
    """Show the page again, with the typed texts and the reason of the refusal."""
    if request.htmx:
        why = {"problem": str(refusal), "field": refusal.field}
        return render(request, "features/sharing/review/_problem.html", why, status=UNPROCESSABLE)
    item = posted_item(request, visit)
    is_on_item = hidden(request, "back") == "item" and item is not None
    context = (
        item_context(request, visit, item.number)
        if is_on_item and item
        else page_context(request, visit)
    )
    context |= {
        "problem": str(refusal),
        "field": refusal.field,
        "typed": {name: values[-1] for name, values in controls(request).items()},
        "parent_typed": hidden(request, "parent"),
    }
    template = (
        "features/sharing/review/item.html" if is_on_item else "features/sharing/review/page.html"
    )
    return render(request, template, context, status=UNPROCESSABLE)
