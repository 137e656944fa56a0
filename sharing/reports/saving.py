"""Begins, changes and freezes reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from boards.models import Board
from core.formatting import shorten
from people.accounts import audit
from sharing.models import Report
from sharing.reports.gathering import content_of
from sharing.reports.sections import MAX_QUESTION_CHARS, SECTIONS, read_question, read_sentences

if TYPE_CHECKING:
    from django.contrib.auth.models import User

QUESTION = "Which model does best on “{}”?"


class Wrong(ValueError):
    """What was posted cannot be saved; `errors` says why, by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors


def begin(user: User, board: Board) -> Report:
    """Return the board's live report, a new one if there is none; frozen ones stay beside it.

    It lives where the board lives, and is seen by whoever sees the board.
    """
    live = Report.objects.kept().filter(board=board, frozen_at=None).shown_to(user).first()
    if live:
        return live
    title = shorten(board.title or "this board", MAX_QUESTION_CHARS - len(QUESTION))
    with transaction.atomic():
        report = Report.objects.create(
            user=user,
            board=board,
            project=board.project,
            is_hidden=board.is_hidden,
            question=QUESTION.format(title),
            snapshot=content_of(board).as_json(),
            snapshot_at=timezone.now(),
        )
        audit.record(user, "began", [report])
    return report


def change(report: Report, posted: Mapping[str, str]) -> None:
    """Save the posted question and sentences; raises Wrong, and saves nothing, if one is wrong."""
    errors: dict[str, str] = {}
    sentences: dict[str, str] = {}
    try:
        report.question = read_question(posted.get("question", ""))
    except ValueError as error:
        errors["question"] = str(error)
    for name in SECTIONS:
        try:
            sentences[name] = read_sentences(posted.get(name, ""))
        except ValueError as error:
            errors[name] = str(error)
    if errors:
        raise Wrong(errors)
    report.sentences = {name: text for name, text in sentences.items() if text}
    report.save(update_fields=["question", "sentences"])


def freeze(user: User, report: Report) -> None:
    """Let the report keep what its board shows now; one that is frozen stays as it is."""
    if report.frozen_at is not None:
        return
    report.snapshot = content_of(report.board).as_json()
    report.snapshot_at = report.frozen_at = timezone.now()
    with transaction.atomic():
        report.save(update_fields=["snapshot", "snapshot_at", "frozen_at"])
        audit.record(user, "froze", [report])


def thaw(user: User, report: Report) -> None:
    """Let the report follow its board again; what it kept is what it compares with."""
    if report.frozen_at is None:
        return
    report.frozen_at = None
    with transaction.atomic():
        report.save(update_fields=["frozen_at"])
        audit.record(user, "unfroze", [report])
