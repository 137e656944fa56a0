"""The outcome of a review for its makers: tallies of items and reviewers, and the export."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from features.sharing import items
from features.sharing.items import ItemView
from features.sharing.models import Comment, Pick, Rating, Reviewer, Share, ShareItem
from features.sharing.review import versions
from features.sharing.review.places import moment_of
from features.sharing.review.reading import Thread, chains_of
from projects.kept.voices.comment import threads_of
from runs.models import Run
from runs.results import csv_text

UNSUCCESSFUL = {Run.State.FAILED, Run.State.CANCELLED}
HEADER = (
    *("what", "item", "version", "reviewer", "guest", "rank", "stars", "comment", "place"),
    *("resolved", "answers", "at"),
)


@dataclass(frozen=True)
class Remark:
    """A thread, and what answers it: a `version` that was sent, or a run whose result waits."""

    thread: Thread
    version: ShareItem | None = None
    ordinal: int = 0
    may_take_back: bool = False
    draft: Run | None = None

    @property
    def is_open(self) -> bool:
        """Whether nobody has resolved it, or sent a version that answers it."""
        return not self.thread.is_resolved and self.version is None

    def is_by(self, by: str) -> bool:
        """Whether the reviewer of this key has written in the thread; True for all without one."""
        return any(_is_by(row, by) for row in (self.thread.first, *self.thread.answers))


@dataclass
class Tally:
    """The feedback on one item in all its versions, oldest first; one of them is shown."""

    chain: list[ShareItem]
    shown: ItemView
    picks: list[Pick] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    @property
    def number(self) -> int:
        """The number in the address of its newest version."""
        return self.chain[-1].number

    @property
    def ordinal(self) -> int:
        """Which of its versions is shown, from 1."""
        return self.chain.index(self.shown.item) + 1

    @property
    def is_answered(self) -> bool:
        """Whether somebody picked it, rated it or commented on it."""
        return bool(self.picks or self.ratings or self.remarks)

    @property
    def pins(self) -> list[Thread]:
        """The threads that point to a place in the version that is shown."""
        threads = [remark.thread for remark in self.remarks]
        return [row for row in threads if row.is_pinned and row.version == self.ordinal]

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
    """Return the feedback on the share, of one reviewer (a key) or of all.

    Its number of queries does not depend on the feedback.
    """
    rows = {row.pk: row for row in share.items.all()}
    chains = chains_of(share)
    newest = {pk: last for last, chain in chains.items() for pk in chain}
    voices = {person.pk: Voice(person) for person in share.reviewers.order_by("created_at", "pk")}
    picks, ratings, comments = _picks(share), _ratings(share), _comments(share)
    for pick in picks:
        voices[pick.reviewer_id].picks += 1
    for rating in ratings:
        voices[rating.reviewer_id].ratings += 1
    for comment in comments:
        voices[comment.reviewer_id].comments += comment.deleted_at is None
    feedback: list[Pick | Rating | Comment] = [*picks, *ratings, *comments]
    judged = {row.item_id for row in feedback}
    remarks = _remarks(share, rows, chains, newest, comments, judged)

    shown_rows = [rows[_shown(chains[item.pk], remarks)] for item in items.newest_of(share)]
    tallies = {}
    for view in items.views_of(share, shown_rows):
        chain = chains[newest[view.item.pk]]
        said = (remark for pk in chain for remark in remarks[pk] if remark.is_by(by))
        tallies[chain[-1]] = Tally([rows[pk] for pk in chain], view, remarks=list(said))
    for pick in picks:
        if (tally := tallies.get(newest.get(pick.item_id, 0))) and _is_by(pick, by):
            tally.picks.append(pick)
    for rating in ratings:
        if (tally := tallies.get(newest.get(rating.item_id, 0))) and _is_by(rating, by):
            tally.ratings.append(rating)
    general = [
        row for row in comments if not row.item_id and row.deleted_at is None and _is_by(row, by)
    ]
    return Answers(list(tallies.values()), list(voices.values()), general)


def _remarks(
    share: Share,
    rows: Mapping[int, ShareItem],
    chains: Mapping[int, Sequence[int]],
    newest: Mapping[int, int],
    comments: Sequence[Comment],
    judged: Collection[int | None],
) -> defaultdict[int, list[Remark]]:
    """Return the threads on items by the key of the version that they are about.

    `newest` has the last version of each one's chain. The threads have the numbers that the page of
    the item gives them.
    """
    answers = {row.answers_id: row for row in rows.values() if row.answers_id and not row.is_gone}
    waiting = {row.answers_id: row.run_id for row in rows.values() if row.is_gone and row.run_id}
    drafts = items.readable(share).named().in_bulk(list(filter(None, waiting.values())))
    drafts = {pk: run for pk, run in drafts.items() if run.state not in UNSUCCESSFUL}
    of_item: defaultdict[int, list[Comment]] = defaultdict(list)
    for comment in comments:
        of_item[newest.get(comment.item_id or 0, 0)].append(comment)
    remarks: defaultdict[int, list[Remark]] = defaultdict(list)
    for last, chain in chains.items():
        ordinals = {pk: ordinal for ordinal, pk in enumerate(chain, start=1)}
        for number, opened in enumerate(threads_of(of_item[last]), start=1):
            comment = opened.first
            version = answers.get(comment.pk)
            thread = Thread(comment, opened.answers, number, ordinals[comment.item_id or 0])
            remarks[comment.item_id or 0].append(
                Remark(
                    thread,
                    version,
                    ordinals.get(version.pk, 0) if version else 0,
                    bool(version and versions.is_free(version, is_judged=version.pk in judged)),
                    drafts.get(waiting.get(comment.pk) or items.NO_RUN),
                )
            )
    return remarks


def _shown(chain: Sequence[int], remarks: Mapping[int, Sequence[Remark]]) -> int:
    """Return the version to show: the newest with an open remark, or else the newest of all."""
    has_open = (pk for pk in reversed(chain) if any(row.is_open for row in remarks.get(pk, ())))
    return next(has_open, chain[-1])


def rows_of(share: Share) -> list[dict[str, Any]]:
    """Return picks, ratings and comments as rows for an export, each kind by time; no markup."""
    ordinals: dict[int, int] = {}
    for chain in chains_of(share).values():
        ordinals |= {pk: ordinal for ordinal, pk in enumerate(chain, start=1)}
    comments = [row for row in _comments(share) if row.deleted_at is None]
    entries: list[Pick | Rating | Comment] = [*_picks(share), *_ratings(share), *comments]
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
    """Return all comments, also the deleted ones, whose threads may stay."""
    return list(share.comments.select_related("reviewer", "item", "parent", "resolved_by"))


def _is_by(entry: Pick | Rating | Comment, by: str) -> bool:
    return not by or str(entry.reviewer_id) == by
