"""The outcome of a review for its makers: tallies of items and reviewers, and the export."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from features.sharing import items
from features.sharing.items import ItemView
from features.sharing.models import Comment, Pick, Rating, Reviewer, Share
from features.sharing.review.places import moment_of
from features.sharing.review.reading import chains_of
from runs.results import csv_text

SHOW = {
    "": "All",
    "picked": "Picked",
    "rated": "Rated",
    "commented": "Commented",
    "open": "With open comments",
    "nothing": "No answers",
}
SORTS = {"": "In order", "picks": "Most picked", "stars": "Best rated", "comments": "Most comments"}
HEADER = (
    *("what", "item", "version", "reviewer", "guest", "rank", "stars", "comment", "place"),
    *("resolved", "answers", "at"),
)


@dataclass
class Tally:
    """The feedback on one item in all its versions."""

    shown: ItemView
    version: int
    picks: list[Pick] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)

    @property
    def number(self) -> int:
        """The number in the item's address."""
        return self.shown.item.number

    @property
    def stars(self) -> float | None:
        """The mean of its ratings."""
        given_stars = [rating.stars for rating in self.ratings]
        return sum(given_stars) / len(given_stars) if given_stars else None

    @property
    def rank(self) -> float | None:
        """The mean rank among its picks, if picks are ranked."""
        ranks = [pick.rank for pick in self.picks if pick.rank]
        return sum(ranks) / len(ranks) if ranks else None

    @property
    def open_comments(self) -> int:
        """How many threads are open."""
        return sum(row.parent_id is None and row.resolved_at is None for row in self.comments)

    @property
    def resolved_comments(self) -> int:
        """How many threads are resolved."""
        return sum(row.parent_id is None and row.resolved_at is not None for row in self.comments)


@dataclass
class Voice:
    """The numbers of one reviewer's picks, ratings and comments."""

    reviewer: Reviewer
    picks: int = 0
    ratings: int = 0
    comments: int = 0


@dataclass(frozen=True)
class Answers:
    """All feedback on a share; `general` are the comments on it as a whole."""

    tallies: list[Tally]
    voices: list[Voice]
    general: list[Comment]

    @property
    def picks(self) -> int:
        """The number of picks."""
        return sum(voice.picks for voice in self.voices)

    @property
    def done(self) -> int:
        """The number of reviewers who are done."""
        return sum(voice.reviewer.finished_at is not None for voice in self.voices)


def answers_of(share: Share, by: str = "") -> Answers:
    """Return the feedback on the share, of one reviewer (a key) or of all; nine queries."""
    chains = chains_of(share)
    tallies: list[Tally] = []
    of_item: dict[int, Tally] = {}
    for item_view in items.items_of(share):
        chain = chains.get(item_view.item.pk, [item_view.item.pk])
        tallies.append(Tally(item_view, len(chain)))
        of_item |= dict.fromkeys(chain, tallies[-1])
    voices = {person.pk: Voice(person) for person in share.reviewers.order_by("created_at", "pk")}
    general = []
    for pick in _picks(share):
        voices[pick.reviewer_id].picks += 1
        if (tally := of_item.get(pick.item_id)) and _is_by(pick, by):
            tally.picks.append(pick)
    for rating in _ratings(share):
        voices[rating.reviewer_id].ratings += 1
        if (tally := of_item.get(rating.item_id)) and _is_by(rating, by):
            tally.ratings.append(rating)
    for comment in _comments(share):
        voices[comment.reviewer_id].comments += 1
        if not _is_by(comment, by):
            continue
        if comment.item_id is None:
            general.append(comment)
        elif tally := of_item.get(comment.item_id):
            tally.comments.append(comment)
    return Answers(tallies, list(voices.values()), general)


def filtered(tallies: Iterable[Tally], show: str, sort: str) -> list[Tally]:
    """Return the tallies that match `show`, in the order `sort`."""
    tests = {
        "picked": lambda tally: bool(tally.picks),
        "rated": lambda tally: bool(tally.ratings),
        "commented": lambda tally: bool(tally.comments),
        "open": lambda tally: bool(tally.open_comments),
        "nothing": lambda tally: not (tally.picks or tally.ratings or tally.comments),
    }
    orders = {
        "picks": lambda tally: (-len(tally.picks), tally.rank or 0),
        "stars": lambda tally: -(tally.stars or 0),
        "comments": lambda tally: -len(tally.comments),
    }
    shown_tallies = [tally for tally in tallies if show not in tests or tests[show](tally)]
    return sorted(shown_tallies, key=orders[sort]) if sort in orders else shown_tallies


def rows_of(share: Share) -> list[dict[str, Any]]:
    """Return picks, ratings and comments as rows for an export, each kind by time; no markup."""
    ordinals: dict[int, int] = {}
    for chain in chains_of(share).values():
        ordinals |= {pk: ordinal for ordinal, pk in enumerate(chain, start=1)}
    entries: list[Pick | Rating | Comment] = [*_picks(share), *_ratings(share), *_comments(share)]
    return [_row(entry, ordinals) for entry in entries]


def as_csv(rows: Sequence[dict[str, Any]]) -> str:
    """Return the rows as CSV."""
    return csv_text.write(HEADER, ([row.get(name) for name in HEADER] for row in rows))


def _row(entry: Pick | Rating | Comment, ordinals: dict[int, int]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "item": entry.item.number if entry.item else None,
        "version": ordinals.get(entry.item_id or 0),
        "reviewer": entry.reviewer.name,
        "guest": entry.reviewer.is_guest,
    }
    if isinstance(entry, Pick):
        at = entry.created_at
        row |= {"what": "pick", "rank": entry.rank or None}
    elif isinstance(entry, Rating):
        at = entry.changed_at
        row |= {"what": "rating", "stars": entry.stars}
    else:
        at = entry.created_at
        corner = (entry.x, entry.y, entry.width, entry.height)
        point = ", ".join(f"{part / 10:g} %" for part in corner if part is not None)
        row |= {
            "what": "comment",
            "comment": entry.text,
            "place": ", ".join(filter(None, [moment_of(entry), point])) or None,
            "resolved": entry.resolved_at is not None,
            "answers": entry.parent.text[:80] if entry.parent else None,
        }
    return {name: row.get(name) for name in HEADER[:-1]} | {"at": at.isoformat()}


def _picks(share: Share) -> list[Pick]:
    return list(
        Pick.objects.filter(reviewer__share=share)
        .select_related("reviewer", "item")
        .order_by("rank", "created_at", "pk")
    )


def _ratings(share: Share) -> list[Rating]:
    return list(
        Rating.objects.filter(reviewer__share=share)
        .select_related("reviewer", "item")
        .order_by("changed_at", "pk")
    )


def _comments(share: Share) -> list[Comment]:
    return list(share.comments.kept().select_related("reviewer", "item", "parent"))


def _is_by(entry: Pick | Rating | Comment, by: str) -> bool:
    return not by or str(entry.reviewer_id) == by
