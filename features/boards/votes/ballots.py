"""Blind votes: selects the next pair for a voter, and records the choice.

Voters see opaque tokens: they can neither read nor guess what a token refers to.

"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from core.encryption import cipher
from features.boards.models import Board, Cell, Vote
from features.boards.votes import bradley_terry
from runs.file_kinds import MEDIA
from runs.models import Artifact, Run
from runs.models.querysets import heavy_columns
from runs.records import counting
from runs.results import excerpts

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet
    from django.db.models import QuerySet

    from projects.kept.voices.participant import Participant

TOKEN_LIFE_S = 24 * 3600
Part = str | int
MAX_FILES = 4  # per result
LEFT, RIGHT, NEITHER = "1", "2", "0"
CHOICES = {LEFT, RIGHT, NEITHER}


class Pair(NamedTuple):
    """Two cells of a row in the order of their keys."""

    first: Cell
    second: Cell

    @property
    def keys(self) -> tuple[int, int]:
        """Return the keys of its cells."""
        return self.first.pk, self.second.pk


@dataclass(frozen=True)
class Progress:
    """How many pairs a voter has judged, and how many there are."""

    judged: int
    total: int


def voted_cells(board: Board, cell_keys: Collection[int] | None = None) -> list[Cell]:
    """Return the cells with results that a vote can show, with their rows and runs.

    Everybody who sees the board may read their runs. `cell_keys` limits the cells.
    """
    has_shown_file = Q(run__artifacts__state=Artifact.State.STORED, run__artifacts__kind__in=MEDIA)
    cells = (
        _shown_cells(board, cell_keys)
        .filter(replaced_at=None, run__state=Run.State.SUCCEEDED)
        .select_related("run", "row")
        .defer(*heavy_columns("run__"))
        .order_by("pk")
    )
    with_files = list(cells.filter(has_shown_file).distinct())
    without = list(cells.filter(run__artifacts=None).prefetch_related("run__artifacts"))
    texts = excerpts.texts_of(cell.run for cell in without if cell.run)
    without = [cell for cell in without if cell.run_id and texts.get(cell.run_id)]
    return sorted([*with_files, *without], key=lambda cell: cell.pk)


def _shown_cells(board: Board, cell_keys: Collection[int] | None = None) -> QuerySet[Cell]:
    readable = Run.objects.readable_with(board)
    cells = board.cells.filter(Exists(readable.filter(pk=OuterRef("run_id"))))
    return cells if cell_keys is None else cells.filter(pk__in=cell_keys)


def pairs_of(cells: Iterable[Cell]) -> list[Pair]:
    """Return all pairs that can be voted on: two results of a row with the same seed."""
    groups: dict[tuple[int, str], list[Cell]] = {}
    for cell in cells:
        groups.setdefault((cell.row_id, cell.seed), []).append(cell)
    return [
        Pair(first, second)
        for group in groups.values()
        for place, first in enumerate(group)
        for second in group[place + 1 :]
        if first.column_id != second.column_id and first.run_id != second.run_id
    ]


def next_pair(
    voter: Participant, board: Board, cell_keys: Collection[int] | None = None
) -> tuple[Pair | None, Progress]:
    """Return the most informative pair that this voter has not judged; None after the last.

    `cell_keys` limits the cells.
    """
    pairs = pairs_of(voted_cells(board, cell_keys))
    votes = list(board.votes.counted().select_related("first", "second"))
    voted = {(v.first_id, v.second_id) for v in votes if v.voter_key == voter.key}
    open_pairs = [pair for pair in pairs if pair.keys not in voted]
    progress = Progress(len(pairs) - len(open_pairs), len(pairs))
    if not open_pairs:
        return None, progress
    return _most_informative(open_pairs, votes, f"{voter.key}:{len(voted)}"), progress


def _most_informative(pairs: Sequence[Pair], votes: Sequence[Vote], salt: str) -> Pair:
    """Return the pair of models with the most uncertain difference, in their least judged row.

    Ties are broken by `salt`, so that a reload shows the same pair.
    """
    numbers: dict[int, int] = {}
    for pair in pairs:
        for cell in pair:
            numbers.setdefault(cell.column_id, len(numbers))
    fit = bradley_terry.fit(count_wins(votes, numbers), len(numbers))
    judged = Counter((vote.first.row_id, *_columns(vote.first, vote.second)) for vote in votes)
    information = {
        columns: fit.information(*(numbers[column] for column in columns))
        for columns in {_columns(*pair) for pair in pairs}
    }

    def rank(pair: Pair) -> tuple[float, int, bytes]:
        columns = _columns(*pair)
        chance = hashlib.sha256(f"{salt}:{pair.keys}".encode()).digest()
        return -round(information[columns], 9), judged[(pair.first.row_id, *columns)], chance

    return min(pairs, key=rank)


def _columns(cell: Cell, other: Cell) -> tuple[int, int]:
    first, second = sorted((cell.column_id, other.column_id))
    return first, second


def count_wins(votes: Iterable[Vote], numbers: dict[int, int]) -> dict[tuple[int, int], float]:
    """Return the wins between columns, by number: a tie is half a win for each."""
    wins: dict[tuple[int, int], float] = defaultdict(float)
    for vote in votes:
        first, second = (numbers.get(cell.column_id) for cell in (vote.first, vote.second))
        if first is None or second is None:
            continue
        if vote.winner_id is None:
            wins[first, second] += 0.5
            wins[second, first] += 0.5
        elif vote.winner_id == vote.first_id:
            wins[first, second] += 1
        else:
            wins[second, first] += 1
    return dict(wins)


def token_of(voter: Participant, pair: Pair) -> str:
    """Return the token with which a ballot identifies the pair that it showed."""
    return encrypt_token("pair", voter.key, *pair.keys)


def in_order(voter: Participant, pair: Pair) -> tuple[Cell, Cell]:
    """Return the pair's cells from left to right, as this voter sees them."""
    swapped = is_swapped(voter.key, *pair.keys)
    return (pair.second, pair.first) if swapped else (pair.first, pair.second)


def record(
    voter: Participant,
    board: Board,
    token: str,
    choice: str,
    keys: Collection[int] | None = None,
) -> bool:
    """Record a voter's choice; False if they have judged this pair before.

    `keys` limits the cells. Raises ValueError with a message if the token or the choice is invalid.
    """
    first, second = (int(part) for part in decrypt_token("pair", voter.key, token))
    if choice not in CHOICES:
        raise ValueError("Choose one of the two, or neither.")
    cells = {cell.pk: cell for cell in _shown_cells(board, keys).filter(pk__in=(first, second))}
    if len(cells) != 2:
        raise ValueError("These results are no longer on the board.")
    left_cell, right = in_order(voter, Pair(cells[first], cells[second]))
    winner = {LEFT: left_cell, RIGHT: right}.get(choice)
    try:
        with transaction.atomic():
            Vote.objects.create(
                board=board,
                first_id=first,
                second_id=second,
                winner=winner,
                **voter.fields("voter"),
            )
            counting.judge(cell.run_id for cell in cells.values() if cell.run_id)
    except IntegrityError:  # voted in another tab
        return False
    return True


@transaction.atomic
def take_back(voter: Participant, board: Board) -> bool:
    """Delete the voter's last vote, so that its pair can be judged again."""
    last = board.votes.counted().filter(**voter.filter("voter")).order_by("-pk").first()
    if last:
        last.delete()
    return last is not None


@transaction.atomic
def reset(board: Board) -> int:
    """Exclude all votes so far from the count and return how many; `restore` undoes that."""
    return board.votes.counted().update(reset_at=timezone.now())


@transaction.atomic
def restore(board: Board) -> int:
    """Count the votes of the last reset again, unless the voter has voted on the pair since."""
    last = board.votes.filter(reset_at__isnull=False).order_by("-reset_at").first()
    if last is None:
        return 0
    anew = {(vote.voter_key, vote.first_id, vote.second_id) for vote in board.votes.counted()}
    reset_votes = board.votes.filter(reset_at=last.reset_at)
    keys = [
        vote.pk
        for vote in reset_votes
        if (vote.voter_key, vote.first_id, vote.second_id) not in anew
    ]
    return board.votes.filter(pk__in=keys).update(reset_at=None)


def encrypt_token(kind: str, voter_key: Part, *parts: Part) -> str:
    """Return a token of this kind that is valid for one voter and one day."""
    content = json.dumps([voter_key, *parts]).encode()
    return _cipher(kind).encrypt(content).decode()


def decrypt_token(kind: str, voter_key: Part, token: str) -> list[Part]:
    """Return a token's parts; raises ValueError if it is another voter's, expired or invalid."""
    from cryptography.fernet import InvalidToken

    try:
        owner, *parts = json.loads(_cipher(kind).decrypt(token.encode(), ttl=TOKEN_LIFE_S))
    except (InvalidToken, UnicodeEncodeError) as error:
        raise ValueError("This address is not valid, or older than a day.") from error
    if owner != voter_key:
        raise ValueError("This address belongs to somebody else.")
    return [*parts]


def is_swapped(voter_key: Part, first: int, second: int) -> bool:
    """Whether this voter sees this pair in reverse order; the same each time."""
    text = f"{voter_key}:{first}:{second}"
    return bool(salted_hmac("boards.votes.order", text).digest()[0] & 1)


def _cipher(kind: str) -> MultiFernet:
    return cipher(f"boards.votes.{kind}")
