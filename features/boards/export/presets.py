"""Saves a column's settings as a preset, or as the house default of its model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.schema_versions import version_of
from features.boards.models import Board, Column
from features.boards.votes.rankings import name_of
from playground.form import presets
from playground.form.presets import Scope
from runs.models import Preset, Run
from runs.models.form import MAX_NAME_CHARS
from schemas.carry.meanings import by_meaning, media_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Meanings of fields that rows provide, which are not settings.
_INPUTS = {"prompt", "seed"}
MAX_TRIES = 50


def settings_of(column: Column) -> dict[str, Any]:
    """Return a column's own settings, and the values that all its runs share.

    Prompts, files and seeds are left out unless the column itself sets them.
    """
    cells = column.cells.filter(replaced_at=None, run__isnull=False)
    readable = Run.objects.readable_with(column.board).filter(pk__in=cells.values("run"))
    stored_arguments = readable.values_list("arguments", flat=True)
    argument_rows = [arguments for arguments in stored_arguments if isinstance(arguments, dict)]
    root = version_of(column.endpoint).root
    inputs = {field.name for field in root.children if media_of(field)}
    inputs |= {field.name for word, field in by_meaning(root.children).items() if word in _INPUTS}
    first = argument_rows[0] if argument_rows else {}
    common: dict[str, Any] = {
        name: value
        for name, value in first.items()
        if name not in inputs
        and all(name in arguments and arguments[name] == value for arguments in argument_rows)
    }
    return {**common, **column.settings}


def save_preset(user: User, board: Board, column: Column) -> Preset:
    """Save a column's settings as a preset of this user, beside the board, under an unused name."""
    name = f"{board.title or 'Board'} · {column.label or column.endpoint.name}"
    name = " ".join(name.split())[: MAX_NAME_CHARS - 5]
    arguments = settings_of(column)
    for number in range(1, MAX_TRIES):
        numbered = name if number == 1 else f"{name} ({number})"
        try:
            return presets.create(
                user,
                column.endpoint,
                numbered,
                arguments,
                Scope.ME if board.is_hidden else Scope.MEMBERS,
                project=board.project,
            )
        except presets.NameTaken:
            continue
    raise ValueError(f"There are {MAX_TRIES} presets of this name: delete some of them first.")


def make_house_default(user: User, board: Board, column: Column) -> Preset:
    """Make a column's settings the house default, which fills its model's untouched form."""
    preset = save_preset(user, board, column)
    presets.change(preset, preset.name, Scope.START, by=user)
    return preset


def house_words(preset: Preset, column: Column) -> str:
    """Return a sentence that confirms a new house default."""
    return (
        f"“{preset.name}” now fills new forms of {name_of(column)} for everybody. Change or "
        "delete it under Presets of the model."
    )
