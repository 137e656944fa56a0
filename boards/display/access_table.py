"""The table in which a board's owner chooses who may do what."""

from __future__ import annotations

from typing import NamedTuple

from boards.models import Act, Board


class Choice(NamedTuple):
    """A box for an act of others; `control` is the name that it posts."""

    control: str
    act: str
    words: str
    is_checked: bool


class Audience(NamedTuple):
    """Others, in words, with the acts that they may be allowed."""

    words: str
    choices: list[Choice]


def rows_of(board: Board) -> list[Audience]:
    """Return the audiences of a board: viewers, where its project has other members, and links."""
    link = Audience("Whoever has a link", _choices("link", board.link_may))
    if board.project.is_private:
        return [link]
    viewers = Audience("Members who only look", _choices("viewers", board.viewers_may))
    return [viewers, link]


def _choices(control: str, allowed: list[str]) -> list[Choice]:
    return [Choice(control, act.value, act.label, act.value in allowed) for act in Act]
