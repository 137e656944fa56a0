"""The feedback on a share as its pages show it: threads, comment counts, and own choices."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from features.sharing import items
from features.sharing.items import ItemView
from features.sharing.models import Comment, Reviewer, Share, ShareItem
from features.sharing.models.reviewer import MOST_STARS
from features.sharing.review import versions
from features.sharing.review.places import moment_of
from projects.kept.voices import comment as voices

if TYPE_CHECKING:
    from projects.kept.voices.comment import CommentQuerySet


@dataclass(frozen=True)
class Thread(voices.Thread[Comment]):
    """A comment with its answers; `number` is on its pin, `version` is that of the item."""

    number: int = 0
    version: int = 0

    @property
    def where(self) -> str:
        """The moment or span that it points to, as text."""
        return moment_of(self.first)

    @property
    def seconds(self) -> str:
        """The moment in seconds, for the address of the file."""
        return f"{(self.first.from_ms or 0) / 1000:g}"

    @property
    def is_pinned(self) -> bool:
        """Whether it points to a place in the picture."""
        return self.first.x is not None

    @property
    def left(self) -> float:
        """How far from the left its pin is, in per cent."""
        return (self.first.x or 0) / 10

    @property
    def top(self) -> float:
        """How far from the top its pin is, in per cent."""
        return (self.first.y or 0) / 10

    @property
    def width(self) -> float:
        """The width of its region in per cent; 0 for a point."""
        return (self.first.width or 0) / 10

    @property
    def height(self) -> float:
        """The height of its region in per cent; 0 for a point."""
        return (self.first.height or 0) / 10


@dataclass(frozen=True)
class Choice:
    """One reviewer's choice on one item; `rank` is 0 if picks are not ranked."""

    is_picked: bool = False
    rank: int = 0
    stars: int = 0


@dataclass(frozen=True)
class Tile:
    """The newest version of one item on the page of a review."""

    shown: ItemView
    version: int
    choice: Choice
    comments: int = 0
    open_comments: int = 0
    is_answer: bool = False  # to a comment of the visitor

    @property
    def number(self) -> int:
        """The number in the item's address."""
        return self.shown.item.number


@dataclass(frozen=True)
class Version:
    """One version in the row of an item's versions; `answers` is the comment that it answers."""

    number: int
    ordinal: int
    answers: Comment | None


STARS = range(1, MOST_STARS + 1)


def has_said_nothing(reviewer: Reviewer | None) -> bool:
    """Whether a visitor has no comment on the share."""
    return reviewer is None or not reviewer.comments.kept().exists()


def comments_for(share: Share, *, is_blind: bool) -> CommentQuerySet[Comment]:
    """Return the share's comments, as a visitor sees them.

    Guests who have said nothing, unless the share allows it, do not see what other guests say, nor
    the answers to that: their own opinion comes first.
    """
    if not is_blind or share.shows_remarks:
        return share.comments.all()
    by_users = Q(parent=None) | Q(parent__reviewer__user__isnull=False)
    return share.comments.filter(by_users, reviewer__user__isnull=False)


def tiles(
    share: Share,
    reviewer: Reviewer | None,
    only: Collection[int] | None = None,
    *,
    is_blind: bool = False,
) -> list[Tile]:
    """Return the newest version of each item, with the reviewer's choices and comment counts.

    `only` limits them to items with these keys, of any version.
    """
    chains = chains_of(share)
    wanted_pks = None
    if only is not None:
        wanted_pks = {newest for newest, chain in chains.items() if not set(only).isdisjoint(chain)}
    item_views = items.items_of(share, wanted_pks)
    comments = comments_for(share, is_blind=is_blind)
    own = set(reviewer.comments.values_list("pk", flat=True)) if reviewer else ()
    return _tiles(item_views, chains, choices_of(reviewer), comments, own)


def bare_tiles(share: Share, *, is_blind: bool) -> list[Tile]:
    """Return the tiles of all items with numbers and comment counts, but without results."""
    item_views = [ItemView(share, item, None, None) for item in items.newest_of(share)]
    return _tiles(item_views, chains_of(share), {}, comments_for(share, is_blind=is_blind))


def count_picked(share: Share, reviewer: Reviewer | None) -> int:
    """Return how many items the reviewer has picked, in any version."""
    choices = choices_of(reviewer)
    chains = chains_of(share).values() if choices else []
    return sum(choice_among(choices, chain).is_picked for chain in chains)


def _tiles(
    item_views: Iterable[ItemView],
    chains: Mapping[int, Sequence[int]],
    choices: Mapping[int, Choice],
    comments: CommentQuerySet[Comment],
    own: Collection[uuid.UUID] = (),
) -> list[Tile]:
    counts = _comments_by_item(comments)
    built_tiles = []
    for item_view in item_views:
        chain = chains.get(item_view.item.pk, [item_view.item.pk])
        total = sum(counts[pk][0] for pk in chain)
        still_open = sum(counts[pk][1] for pk in chain)
        choice = choice_among(choices, chain)
        is_answer = item_view.item.answers_id in own
        built_tiles.append(Tile(item_view, len(chain), choice, total, still_open, is_answer))
    return built_tiles


def chains_of(share: Share) -> dict[int, list[int]]:
    """Return the keys of each item's versions, oldest first, by the key of its newest one."""
    rows = share.items.filter(is_gone=False).order_by().values_list("pk", "previous_id")
    previous = dict(rows)
    replaced = set(previous.values())
    chains: dict[int, list[int]] = {}
    for newest in previous.keys() - replaced:
        chain = [newest]
        while (earlier := previous.get(chain[-1])) is not None and earlier in previous:
            chain.append(earlier)
        chains[newest] = chain[::-1]
    return chains


def choices_of(reviewer: Reviewer | None) -> dict[int, Choice]:
    """Return the reviewer's choices by item; two queries."""
    if reviewer is None:
        return {}
    ranks = dict(reviewer.picks.values_list("item_id", "rank"))
    stars = dict(reviewer.ratings.values_list("item_id", "stars"))
    return {
        item: Choice(item in ranks, ranks.get(item, 0), stars.get(item, 0))
        for item in {*ranks, *stars}
    }


def choice_among(choices: Mapping[int, Choice], chain: Iterable[int]) -> Choice:
    """Return the choice on an item over its versions; of several ratings, the newest counts."""
    chain_choices = [choices[pk] for pk in chain if pk in choices]
    return Choice(
        any(choice.is_picked for choice in chain_choices),
        max((choice.rank for choice in chain_choices), default=0),
        next((choice.stars for choice in reversed(chain_choices) if choice.stars), 0),
    )


def threads(
    share: Share, chain: Sequence[ShareItem] = (), *, is_blind: bool = False
) -> list[Thread]:
    """Return the threads on an item's versions, or those on the share as a whole; one query."""
    ordinals = {item.pk: ordinal for ordinal, item in enumerate(chain, start=1)}
    of_item = Q(item__in=list(ordinals)) if chain else Q(item=None)
    comments = (
        comments_for(share, is_blind=is_blind)
        .filter(of_item)
        .select_related("reviewer", "item", "resolved_by")
    )
    return [
        Thread(thread.first, thread.answers, number, ordinals.get(thread.first.item_id or 0, 0))
        for number, thread in enumerate(voices.threads_of(comments), start=1)
    ]


def versions_of(
    share: Share, item: ShareItem, *, is_blind: bool = False
) -> tuple[list[ShareItem], list[Version]]:
    """Return the chain of an item, and its versions as links; one query."""
    of_share = share.items.filter(is_gone=False).select_related("answers__reviewer")
    chain = versions.chain_of(list(of_share), item)
    shown_versions = [
        Version(version_item.number, ordinal, _visible(share, version_item.answers, is_blind))
        for ordinal, version_item in enumerate(chain, start=1)
    ]
    return chain, shown_versions


def _visible(share: Share, comment: Comment | None, is_blind: bool) -> Comment | None:
    is_hidden = is_blind and not share.shows_remarks and comment and comment.reviewer.is_guest
    return comment if comment and comment.deleted_at is None and not is_hidden else None


def _comments_by_item(
    comments: CommentQuerySet[Comment],
) -> defaultdict[int | None, tuple[int, int]]:
    """Return the number of comments and of open threads of each item."""
    counts: defaultdict[int | None, tuple[int, int]] = defaultdict(lambda: (0, 0))
    rows = comments.kept().order_by()
    for item, parent, resolved_at in rows.values_list("item_id", "parent_id", "resolved_at"):
        total, still_open = counts[item]
        counts[item] = total + 1, still_open + (parent is None and resolved_at is None)
    return counts
