"""A ballot as its page shows it: two results without anything that identifies their models."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.urls import reverse

from features.boards.models import Board, Row
from features.boards.votes import ballots
from playground.display.comparison import stage_kind
from projects.kept.voices.participant import Participant
from runs.file_kinds import MEDIA
from runs.files.own_addresses import OUR_ADDRESS
from runs.models import Artifact, Run, Upload
from runs.ownership import deletion
from runs.results import previews
from runs.results.outputs import artifacts_in

RESULT, INPUT = "result", "input"  # kinds of files that a token refers to
MAX_INPUTS = 4
AddressOf = Callable[[str], str]  # a file's token → the address at which it is served


@dataclass(frozen=True)
class BlindFile:
    """A file with an address that reveals nothing about it."""

    kind: str
    src: str

    @property
    def shown_as(self) -> str:
        """Return its kind. A ballot offers the file itself, never a copy for browsers."""
        return self.kind


@dataclass(frozen=True)
class Side:
    """One result of a ballot, as a pane of the close view; a vote for it posts `key`."""

    key: str
    shown: list[BlindFile]
    text: str

    @property
    def letter(self) -> str:
        """Return its letter on the page."""
        return "A" if self.key == ballots.LEFT else "B"

    @property
    def name(self) -> str:
        """Return the alternative text of its file."""
        return f"Result {self.letter}"

    @property
    def main(self) -> BlindFile | None:
        """Return its file if it has exactly one; several are shown beside each other."""
        return self.shown[0] if len(self.shown) == 1 else None

    @property
    def arrow(self) -> str:
        """Return the arrow that points to it."""
        return "←" if self.key == ballots.LEFT else "→"

    @property
    def arrow_key(self) -> str:
        """Return the name of that arrow's key."""
        return "ArrowLeft" if self.key == ballots.LEFT else "ArrowRight"


@dataclass(frozen=True)
class Ballot:
    """A pair of results with their input; `token` identifies the pair."""

    token: str
    input: str
    input_files: list[BlindFile]
    sides: tuple[Side, Side]

    @property
    def context(self) -> dict[str, Any]:
        """Return the template context of the close view."""
        return {
            "ballot": self,
            "panes": self.sides,
            "kind": stage_kind(self.sides),
            "input": self.input,
            "input_files": self.input_files,
        }


def ballot_of(
    voter: Participant, board: Board, pair: ballots.Pair, address_of: AddressOf | None = None
) -> Ballot:
    """Prepare a pair for display to this voter. Two queries.

    `address_of` makes the addresses of its files; without it they are those of `boards:vote-file`.
    """
    left_cell, right = ballots.in_order(voter, pair)
    runs = Run.objects.filter(cells__in=(left_cell, right)).with_artifacts()
    by_pk: dict[object, Run] = {run.pk: run for run in runs.light("output")}
    files = _Files(voter, board, address_of)
    return Ballot(
        ballots.token_of(voter, pair),
        left_cell.row.label,
        files.of_input(left_cell.row),
        (
            _side(files, ballots.LEFT, by_pk[left_cell.run_id]),
            _side(files, ballots.RIGHT, by_pk[right.run_id]),
        ),
    )


def _side(files: _Files, key: str, run: Run) -> Side:
    media = files.of_result(run)
    texts = (
        [] if media else [preview.text for preview in previews.of_texts(artifacts_in(run.output))]
    )
    return Side(key, media, "\n\n".join(texts))


class _Files:
    """Gives a ballot's files addresses that are valid for its voter."""

    def __init__(self, voter: Participant, board: Board, address_of: AddressOf | None) -> None:
        self.voter, self.board, self.address_of = voter, board, address_of

    def of_result(self, run: Run) -> list[BlindFile]:
        """Return the files of a result that can be shown, up to four."""
        stored_files = [
            artifact
            for artifact in run.artifacts.all()
            if artifact.kind in MEDIA and artifact.state == Artifact.State.STORED
        ][: ballots.MAX_FILES]
        return [BlindFile(item.kind, self._address(RESULT, item.pk)) for item in stored_files]

    def of_input(self, row: Row) -> list[BlindFile]:
        """Return our files among an input's values."""
        input_files = []
        for place, address in enumerate(input_addresses(row.values)[:MAX_INPUTS]):
            if file := input_file(self.board, address):
                kind = file.content_type.partition("/")[0]
                input_files.append(BlindFile(kind, self._address(INPUT, row.pk, place)))
        return input_files

    def _address(self, kind: str, *parts: int) -> str:
        token = ballots.encrypt_token("file", self.voter.key, kind, *parts)
        if self.address_of is not None:
            return self.address_of(token)
        return reverse("boards:vote-file", args=[self.board.pk, token])


class StoredInput(NamedTuple):
    """A file of a row's input in our storage."""

    file: str
    content_type: str


def input_file(board: Board, address: str) -> StoredInput | None:
    """Return the file at one of our addresses, if we have it and voters may see it.

    In a private project they may see what the board's user may see; in a shared project only what
    everybody with access to the board may see, as a maker could name any of the user's files.
    """
    match = OUR_ADDRESS.fullmatch(address)
    if match is None:
        return None
    stored_file = _upload(board, match) if match["upload"] else _artifact(board, match)
    return StoredInput(stored_file.file, stored_file.content_type) if stored_file else None


def _upload(board: Board, match: re.Match[str]) -> Upload | None:
    upload = Upload.objects.filter(pk=match["upload"]).first()
    if upload is None:
        return None
    is_private = board.project.is_private
    owner = User(pk=board.user_id)
    may = upload.is_readable_by(owner) if is_private else upload.is_readable_with(board)
    return upload if may else None


def _artifact(board: Board, match: re.Match[str]) -> Artifact | None:
    if board.project.is_private:
        readable = deletion.readable_artifacts(match["run"], User(pk=board.user_id))
    else:
        readable = deletion.artifacts_readable_with(match["run"], board)
    stored_artifacts = readable.filter(position=int(match["position"]), state=Artifact.State.STORED)
    return stored_artifacts.first()


def input_addresses(values: object) -> list[str]:
    """Return the addresses of our files among a row's values, in order."""
    if isinstance(values, str):
        return [values] if OUR_ADDRESS.fullmatch(values) else []
    inner: Sequence[object] = ()
    if isinstance(values, dict):
        inner = list(values.values())
    elif isinstance(values, list):
        inner = values
    return [address for value in inner for address in input_addresses(value)]
