"""Opens and closes a board's blind vote, and decides who may take part in it.

The link's token is a signature of the moment of opening and is not stored: a copy of the database
opens no vote. Closing ends the link at once, also for everybody whom it has admitted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from features.boards import access
from features.boards.models import Act, Board
from features.notifications import outbox
from features.notifications.kinds import Kind, register

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.contrib.sessions.backends.base import SessionBase

_SALT = "boards.votes.link"
_ADMITTED = "votes"  # session key: by board, the opening whose link the user followed
MAX_ADMITTED = 50
VOTE_OPENED = Kind("vote_opened", "Votes", "voting has opened on a board", asks=True)
register(VOTE_OPENED)


@transaction.atomic
def open_voting(by: User, board: Board) -> None:
    """Open the vote under a new link and notify those who may vote; an open vote keeps its link."""
    now = timezone.now()
    if not Board.objects.filter(pk=board.pk, voting_opened_at=None).update(voting_opened_at=now):
        return
    role_of = dict(board.project.memberships.values_list("user_id", "role"))
    for member in access.members_who_see(board).exclude(pk=by.pk):
        if Act.VOTE in access.acts_of_role(board, role_of[member.pk]):
            outbox.notify(
                member,
                VOTE_OPENED.name,
                subject=f"Vote on the board “{board}”",
                text="Voting is open: which results are better?",
                path=reverse("boards:vote", args=[board.pk]),
                key=f"vote {board.pk} {now.isoformat()}",
                about=board,
            )


def close_voting(board: Board) -> None:
    """Close the vote for everybody except members; its link never works again."""
    Board.objects.filter(pk=board.pk).update(voting_opened_at=None)


def link_of(board: Board) -> str:
    """Return the path of the link for voters; empty while voting is closed."""
    if board.voting_opened_at is None:
        return ""
    token = Signer(salt=_SALT).signature(_opening(board))
    return f"{reverse('boards:vote', args=[board.pk])}?token={token}"


def is_admitted(user: User | AnonymousUser, session: SessionBase, board: Board, token: str) -> bool:
    """Return True if the user may vote now, as a member or by the current link.

    The session remembers a valid token, so that later addresses need none.
    """
    rights = access.BoardRights(user, board)
    if rights.is_member:
        return rights.may_vote
    if board.voting_opened_at is None or Act.VOTE not in access.acts_by_link(board):
        return False
    admitted = session.get(_ADMITTED, {})
    if admitted.get(str(board.pk)) == _opening(board):
        return True
    if not _is_valid(board, token):
        return False
    newest = [(key, value) for key, value in admitted.items() if key != str(board.pk)]
    newest = newest[1 - MAX_ADMITTED :]
    session[_ADMITTED] = dict(newest) | {str(board.pk): _opening(board)}
    return True


def is_member(user: User | AnonymousUser, board: Board) -> bool:
    """Return True if the user is a member of the board's project, which should be loaded.

    No query if the project is private.
    """
    return access.BoardRights(user, board).is_member


def _is_valid(board: Board, token: str) -> bool:
    try:
        return Signer(salt=_SALT).unsign(f"{_opening(board)}:{token}") == _opening(board)
    except BadSignature:
        return False


def _opening(board: Board) -> str:
    return f"{board.pk} {board.voting_opened_at:%Y%m%dT%H%M%S.%f}"
