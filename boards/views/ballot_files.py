"""Serves the files of a ballot: to users by `boards:vote-file`, to guests by a share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.crypto import salted_hmac

from boards.display import ballot
from boards.models import Board, Row
from boards.votes import secret_tokens
from playground.views import files
from runs.files import derived_files, stripped_copies
from runs.files.stripped_copies import copy_of as ready_copy
from runs.models import Artifact, DerivedFile, Run

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from boards.participants import Participant

NO_FILE = "No such file."
MEDIA = ("image/", "video/", "audio/")  # whose metadata are known; other inputs are served as sent


def serve(request: HttpRequest, board: Board, voter: Participant, token: str) -> HttpResponseBase:
    """Serve a file without its name, and without metadata that reveal its origin.

    The token is of a ballot that this voter was shown; raises Http404 for any other.
    """
    try:
        kind, *parts = secret_tokens.decrypt("file", voter.key, token)
    except ValueError as error:
        raise Http404(NO_FILE) from error
    keys = [int(part) for part in parts]
    stored = _result_file(board, *keys) if kind == ballot.RESULT else _input_file(board, *keys)
    if stored is None:
        raise Http404(NO_FILE)
    file, content_type = stored.file, stored.content_type
    tag = salted_hmac("boards.votes.file", token).hexdigest()

    def serve() -> HttpResponseBase:
        is_media = kind == ballot.RESULT or content_type.startswith(MEDIA)
        try:
            served = _stripped(file) if is_media else file
        except stripped_copies.NotReady as soon:
            return files.meanwhile(request, stored, str(soon))
        if is_media and isinstance(stored, Artifact):
            derived_files.record_stored(stored, DerivedFile.What.STRIPPED, served)
        return files.serve(request, served, content_type, "result", tag=tag)

    return files.from_storage(file, files.NOT_HERE, serve)


def _stripped(file: str) -> str:
    try:
        return ready_copy(file)
    except stripped_copies.NotReady:
        raise
    except stripped_copies.NotStripped as error:
        raise Http404(str(error)) from error


def _result_file(board: Board, artifact: int) -> Artifact | None:
    shown = Run.objects.readable_with(board).filter(cells__board=board)
    stored = Artifact.objects.filter(state=Artifact.State.STORED, run__in=shown)
    return stored.filter(pk=artifact).first()


def _input_file(board: Board, row: int, place: int) -> ballot.StoredInput | None:
    values = get_object_or_404(Row, pk=row, board=board).values
    listed = ballot.input_addresses(values)[place : place + 1]
    return ballot.input_file(board, listed[0]) if listed else None
