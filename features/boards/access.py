"""Rights to a board: those of its project's makers, its viewers, and visitors by link."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from django.contrib.auth.models import User
from django.db import transaction

from accounts.audit import trail
from features.boards.models import Act, Board
from projects.models.in_project import MAKERS
from projects.rights import Rights

if TYPE_CHECKING:
    from django.db.models import QuerySet

KEPT_TO_LOOK = frozenset({Act.VOTE})  # acts that an archived project still allows


class BoardRights(Rights):
    """A user's rights to a board, which says whether viewers may vote, comment or add rows."""

    row: Board

    @cached_property
    def acts(self) -> frozenset[Act]:
        """Return the acts that the user's role allows."""
        return acts_of_role(self.row, self.role)

    @property
    def may_stop(self) -> bool:
        """Return True if the user may stop runs: a maker, or the member who made the board."""
        return self.may_change or (self.is_member and self.is_own)

    @property
    def may_vote(self) -> bool:
        """Return whether the user may vote."""
        return Act.VOTE in self.acts

    @property
    def may_comment(self) -> bool:
        """Return whether the user may comment."""
        return Act.COMMENT in self.acts

    @property
    def may_add_rows(self) -> bool:
        """Return whether the user may request rows."""
        return Act.ADD_ROWS in self.acts


def acts_of_role(board: Board, role: str) -> frozenset[Act]:
    """Return the acts allowed to a member with this role; empty without a role."""
    if not role:
        return frozenset()
    acts = frozenset(Act) if role in MAKERS else _acts(board.viewers_may)
    return acts & KEPT_TO_LOOK if board.project.archived_at else acts


def acts_by_link(board: Board) -> frozenset[Act]:
    """Return the acts allowed to visitors by link, besides looking at the board."""
    acts = _acts(board.link_may)
    return acts & KEPT_TO_LOOK if board.project.archived_at else acts


def change(user: User, board: Board, viewers: Collection[str], link: Collection[str]) -> None:
    """Save the acts allowed to viewers and to visitors by link; unknown names are ignored.

    A private project has no viewers: `viewers_may` stays unchanged.
    """
    allowed = {"link_may": _names(link)}
    if not board.project.is_private:
        allowed["viewers_may"] = _names(viewers)
    changes = {
        field: (", ".join(getattr(board, field)), ", ".join(names))
        for field, names in allowed.items()
        if getattr(board, field) != names
    }
    if not changes:
        return
    with transaction.atomic():
        Board.objects.filter(pk=board.pk).update(**allowed)
        trail.record(user, "changed who may do what on", [board], changes={board.pk: changes})


class Choice(NamedTuple):
    """A checkbox that allows others an act; `control` is the name that it posts."""

    control: str
    act: str
    words: str
    is_checked: bool


class Audience(NamedTuple):
    """A group of people, in words, with a checkbox for each act."""

    words: str
    choices: list[Choice]


def members_who_see(board: Board) -> QuerySet[User]:
    """Return the active members of the board's project who see it, in a fixed order."""
    members = User.objects.filter(is_active=True, memberships__project=board.project)
    if board.project.person_id is not None or board.is_hidden:
        members = members.filter(pk=board.user_id)
    return members.order_by("pk")


def audiences_of(board: Board) -> list[Audience]:
    """Return a board's audiences: viewers unless its project is private, and visitors by link."""
    link = Audience("Whoever has a link", _choices("link", board.link_may))
    if board.project.is_private:
        return [link]
    viewers = Audience("Members who only look", _choices("viewers", board.viewers_may))
    return [viewers, link]


def _choices(control: str, allowed: list[str]) -> list[Choice]:
    return [Choice(control, act.value, act.label, act.value in allowed) for act in Act]


def _acts(names: Iterable[str]) -> frozenset[Act]:
    return frozenset(Act(name) for name in names if name in Act.values)


def _names(names: Collection[str]) -> list[str]:
    return [name for name in Act.values if name in names]
