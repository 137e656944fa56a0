"""Saves a reviewer's picks, their order, and ratings, in one transaction each."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from core.refusals import Refused
from features.sharing import events, items
from features.sharing.models import Pick, Rating, Reviewer, Share, ShareItem
from features.sharing.models.reviewer import MOST_STARS
from features.sharing.review import news
from features.sharing.review.rules import require
from features.sharing.review.versions import chain_of

ENOUGH = "You have chosen {count} of {most}. Take one back first."
NO_STARS = f"Give 1 to {MOST_STARS} stars."


@transaction.atomic
def pick(reviewer: Reviewer, item: ShareItem, is_picked: bool) -> None:
    """Pick the item or undo that; if only one favourite is allowed, it replaces the former.

    An item's versions count as one favourite. Raises Refused if the maximum is already picked.
    """
    share = _locked(reviewer)
    require(share, bool(share.picks))
    picks = list(reviewer.picks.select_related("item").order_by("rank", "pk"))
    versions = [version.pk for version in chain_of(list(share.items.all()), item)]
    picks_of_others = [pick for pick in picks if pick.item_id not in versions]
    if is_picked == (len(picks_of_others) < len(picks)):
        return
    if not is_picked:
        reviewer.picks.filter(item__in=versions).delete()
        _write_ranks(share, picks_of_others)
    else:
        if share.picks == Share.Picks.ONE:
            reviewer.picks.all().delete()
        elif share.most_picks and len(picks_of_others) >= share.most_picks:
            raise Refused(ENOUGH.format(count=len(picks_of_others), most=share.most_picks), "pick")
        is_ranked = share.picks == Share.Picks.RANKED
        Pick.objects.create(reviewer=reviewer, item=item, rank=len(picks) + 1 if is_ranked else 0)
    items.touch([item, *(pick.item for pick in picks)])
    _announce(reviewer)


@transaction.atomic
def move(reviewer: Reviewer, item: ShareItem, by: int) -> None:
    """Move a favourite `by` places in the reviewer's order; -1 is one place better."""
    picks = list(reviewer.picks.order_by("rank", "pk"))
    place = next((place for place, pick in enumerate(picks) if pick.item_id == item.pk), None)
    if place is None:
        return
    order = [pick.item_id for pick in picks]
    order.insert(max(0, place + by), order.pop(place))
    _arrange(reviewer, order)


@transaction.atomic
def arrange(reviewer: Reviewer, numbers: Sequence[int]) -> None:
    """Order the reviewer's favourites by these item numbers; unnamed ones come last."""
    by_number = dict(reviewer.picks.values_list("item__number", "item_id"))
    ordered_items = [by_number[number] for number in dict.fromkeys(numbers) if number in by_number]
    _arrange(reviewer, ordered_items)


@transaction.atomic
def rate(reviewer: Reviewer, item: ShareItem, stars: int) -> None:
    """Give the item stars; 0 removes them."""
    share = _locked(reviewer)
    require(share, share.takes_ratings)
    if not 0 <= stars <= MOST_STARS:
        raise Refused(NO_STARS, "rating")
    if stars:
        Rating.objects.update_or_create(reviewer=reviewer, item=item, defaults={"stars": stars})
    else:
        Rating.objects.filter(reviewer=reviewer, item=item).delete()
    _announce(reviewer)


@transaction.atomic
def finish(reviewer: Reviewer) -> None:
    """Record that the reviewer is done, and notify the share's user at once; repeatable."""
    share = _locked(reviewer)
    require(share, share.is_review)
    Reviewer.objects.filter(pk=reviewer.pk).update(finished_at=timezone.now())
    news.tell_now(reviewer)
    events.raise_version(share.pk)


def _arrange(reviewer: Reviewer, order: Sequence[int]) -> None:
    share = _locked(reviewer)
    require(share, share.picks == Share.Picks.RANKED)
    places = {item: place for place, item in enumerate(order)}
    picks = list(reviewer.picks.order_by("rank", "pk"))
    picks.sort(key=lambda pick: places.get(pick.item_id, len(places)))
    _write_ranks(share, picks)
    _announce(reviewer)


def _write_ranks(share: Share, picks: Sequence[Pick]) -> None:
    if share.picks != Share.Picks.RANKED:
        return
    for rank, pick in enumerate(picks, start=1):
        pick.rank = rank
    Pick.objects.bulk_update(picks, ["rank"])


def _locked(reviewer: Reviewer) -> Share:
    """Return the present share; simultaneous posts of one reviewer wait for each other."""
    Reviewer.objects.select_for_update(no_key=True).get(pk=reviewer.pk)
    return Share.objects.get(pk=reviewer.share_id)


def _announce(reviewer: Reviewer) -> None:
    news.note(reviewer)
    events.raise_version(reviewer.share_id)
