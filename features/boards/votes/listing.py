"""The votes of a board as a list, and its voters."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.paginator import Paginator

from core.db.name_order import sort_key
from core.formatting import counted
from features.boards.models import Board, Vote
from features.boards.votes.agreement import Agreement, agreement_of

if TYPE_CHECKING:
    from datetime import datetime

NEWEST, BY_VOTER, BY_ROW = "newest", "voter", "row"
ORDERS = {NEWEST: "Newest first", BY_VOTER: "By voter", BY_ROW: "By row"}
PER_PAGE = 50


@dataclass(frozen=True)
class ListedVote:
    """One vote in words; in a tie, neither result was better."""

    voter: str
    row: str
    seed: str
    winner: str
    loser: str
    is_tie: bool
    at: datetime


@dataclass(frozen=True)
class Listing:
    """A page of votes in an order, the number of pages, and all voters with their vote counts."""

    order: str
    votes: list[ListedVote]
    page: int
    pages: int
    voters: list[tuple[str, int]]
    agreement: Agreement
    made_by_voter: bool

    @property
    def voters_words(self) -> str:
        """Return `3 voters`, and whether one of them made the board."""
        number = counted(len(self.voters), "voter")
        if not self.made_by_voter:
            return number
        if len(self.voters) == 1:
            return f"{number}, the board's author"
        return f"{number}, one of them the board's author"


def listing_of(board: Board, names: dict[int, str], order: str, page: int = 1) -> Listing:
    """Return a page of the counted votes. One query; `names` as of `column_names`."""
    votes = list(board.votes.counted().select_related("voter", "first__row", "second"))
    voters = Counter(vote.voter_key for vote in votes)
    names_of_voters = {vote.voter_key: vote.voter_name for vote in votes}
    order = order if order in ORDERS else NEWEST
    votes.sort(key=lambda vote: vote.pk, reverse=True)
    if order == BY_VOTER:
        votes.sort(key=lambda vote: (sort_key(vote.voter_name), str(vote.voter_key)))
    elif order == BY_ROW:
        votes.sort(key=lambda vote: vote.first.row.position)
    shown = Paginator(votes, PER_PAGE).get_page(max(page, 1))
    return Listing(
        order,
        [_describe_vote(vote, names) for vote in shown],
        shown.number,
        shown.paginator.num_pages,
        [(names_of_voters[key], count) for key, count in voters.most_common()],
        agreement_of(votes),
        board.user_id in voters,
    )


def _describe_vote(vote: Vote, names: dict[int, str]) -> ListedVote:
    first, second = names[vote.first.column_id], names[vote.second.column_id]
    is_second = vote.winner_id == vote.second_id
    row = vote.first.row
    return ListedVote(
        vote.voter_name,
        f"{row.position + 1}. {row.label or 'The input'}",
        vote.first.seed,
        second if is_second else first,
        first if is_second else second,
        vote.winner_id is None,
        vote.created_at,
    )
