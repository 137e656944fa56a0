"""What a user may do with a board that they see, and what its owner lets others do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from boards import access
from boards.models import Act, Board
from projects import roles
from projects.models.in_project import MAKERS

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class Rights(NamedTuple):
    """What a board's pages offer; `why_not` says to a member why they may not change it."""

    is_own: bool
    is_member: bool
    may_change: bool
    may_remove: bool
    may_stop: bool
    why_not: str
    may_vote: bool = False
    may_comment: bool = False
    may_add_rows: bool = False


def rights_to(user: User, board: Board) -> Rights:
    """Return the rights to a board that the user sees, whose project is loaded.

    No query for a board in a private project, one in a shared one, and two for who only looks.
    """
    is_own = board.user_id == user.pk
    role = access.role_of(user, board)  # none, where one looks with a reason and only reads
    acts = access.acts_of_role(board, role)
    may_change = role in MAKERS and board.project.archived_at is None
    is_managed = role == roles.Role.MANAGER
    is_looking = bool(role) and not may_change
    return Rights(
        is_own=is_own,
        is_member=bool(role),
        may_change=may_change,
        may_remove=bool(role) and (is_own or is_managed),
        may_stop=may_change or (bool(role) and is_own),
        why_not=roles.refusal_to_make(user, board.project, role) if is_looking else "",
        may_vote=Act.VOTE in acts,
        may_comment=Act.COMMENT in acts,
        may_add_rows=Act.ADD_ROWS in acts,
    )


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


def audiences_of(board: Board) -> list[Audience]:
    """Return the audiences of a board: viewers, where its project has other members, and links."""
    link = Audience("Whoever has a link", _choices("link", board.link_may))
    if board.project.is_private:
        return [link]
    viewers = Audience("Members who only look", _choices("viewers", board.viewers_may))
    return [viewers, link]


def _choices(control: str, allowed: list[str]) -> list[Choice]:
    return [Choice(control, act.value, act.label, act.value in allowed) for act in Act]
