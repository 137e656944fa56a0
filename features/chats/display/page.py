"""The context of a conversation's page: the end of one branch, and the composer."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from django.db.models import F, Q, QuerySet

from features.chats.display import answer, composer
from features.chats.display.composer import Message
from features.chats.forms import TitleForm
from features.chats.models import Chat, Turn
from features.chats.turns import finding
from features.chats.turns.tree import ANSWER, Branch, branch_of
from projects import roles
from projects.rights import Rights
from projects.rules import enforcement
from runs.files.inputs import our_addresses
from runs.models.querysets import heavy_columns
from runs.progress import watch_tokens
from runs.progress.worker_status import readiness

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST_SAID = 8_000  # characters of a message that the page shows
SHOWN = {"png", "jpg", "jpeg", "gif", "webp", "avif"}  # extensions of pictures


class Reader(NamedTuple):
    """The user who looks at the page, and the name of their view of its answers."""

    user: User
    view: str


@dataclass(frozen=True)
class TurnView:
    """A turn as the page shows it."""

    turn: Turn
    versions: Sequence[int]
    is_model_new: bool
    answer: dict[str, Any] | None
    watch: str
    other: TurnView | None = None  # the same message to another model, shown beside this one

    @property
    def number(self) -> int:
        """Return its position among its versions, from 1."""
        return self.versions.index(self.turn.pk) + 1

    @property
    def before(self) -> int | None:
        """Return the previous version."""
        return self.versions[self.number - 2] if self.number > 1 else None

    @property
    def after(self) -> int | None:
        """Return the next version."""
        return self.versions[self.number] if self.number < len(self.versions) else None

    @property
    def is_awaited(self) -> bool:
        """Whether one of its answers has not arrived yet."""
        is_here = self.turn.run is not None and self.turn.run.is_awaited
        return is_here or (self.other is not None and self.other.is_awaited)

    @property
    def excerpt(self) -> str:
        """Return the message, or its beginning."""
        return self.turn.text[:MOST_SAID]

    @property
    def is_cut(self) -> bool:
        """Whether the page shows only the beginning of the message."""
        return len(self.turn.text) > MOST_SAID

    @property
    def files(self) -> list[AttachedFile]:
        """Return our own files among its inputs."""
        return [AttachedFile(address) for address in our_addresses(self.turn.settings)]


@dataclass(frozen=True)
class AttachedFile:
    """A file attached to a message, identified by its address."""

    address: str

    @property
    def name(self) -> str:
        """Return an upload's file name; empty for a result, whose address has none."""
        return unquote(self.address.rpartition("/")[2])

    @property
    def is_picture(self) -> bool:
        """Whether browsers display it; an upload's extension matches its bytes."""
        return self.name.rpartition(".")[2].lower() in SHOWN


def context(
    user: User, chat: Chat, through: int | None, before: int | None, filled: Message | None = None
) -> dict[str, Any]:
    """Return the page's context: the branch through the turn `through`, or the newest branch.

    Only a user who may write in the conversation gets the composer; else `why_not` is the reason.
    """
    branch = branch_of(chat, through)
    is_own = chat.user_id == user.pk
    why_not = roles.refusal_to_make(user, chat.project) if is_own else chat.read_along
    reader = Reader(user, answer.view_for(user, may_write=not why_not))
    if not why_not:
        enforcement.mark(chat.project, [model for model in (chat.endpoint, chat.second) if model])
    turns = shown_turns(chat, branch, before, reader)
    is_end = bool(turns) and turns[-1].turn.pk == branch.leaf
    limited = answer.too_long(turns[-1].turn) if is_end else None
    is_awaited = any(turn.is_awaited for turn in turns)
    return {
        "chat": chat,
        "is_own": is_own,
        "title_form": TitleForm(instance=chat),
        "why_not": why_not,
        "may_write": not why_not,
        "may_delete": Rights(user, chat).may_remove,
        "turns": turns,
        "count": len(branch.nodes),
        "older": _older(branch, turns),
        "leaf": branch.leaf,
        "form_token": secrets.token_urlsafe(16),
        "is_awaited": is_awaited,
        "readiness": readiness() if is_awaited or not why_not else "",
        "limited": limited,
        **(_unsent(filled) if why_not else _composed(chat, branch, filled)),
    }


def _composed(chat: Chat, branch: Branch, filled: Message | None) -> dict[str, Any]:
    """Return the context of the composer."""
    filled = filled or composer.held(chat)
    before = composer.of_message(chat, branch.leaf, filled)
    return {"preview": before, **composer.context(chat, filled)}


def _unsent(filled: Message | None) -> dict[str, Any]:
    """Return the context that replaces the composer's and still shows what was typed."""
    return {"unsent": filled.text if filled else ""}


def _older(branch: Branch, turns: Sequence[TurnView]) -> int | None:
    """Return the turn before which there are more; None if the whole branch is shown."""
    first = turns[0].turn.pk if turns else None
    return first if first is not None and first != branch.nodes[0].pk else None


def shown_turns(chat: Chat, branch: Branch, before: int | None, reader: Reader) -> list[TurnView]:
    """Return the turns of a branch that a page shows, with three queries."""
    keys = branch.visible_turns(before)
    rows = chat.turns.select_related("endpoint", "run__charge", "run__endpoint")
    rows = rows.defer(*heavy_columns("run__", but=ANSWER))
    turns, others = rows.in_bulk(keys), _others(rows, keys)
    for turn in (*turns.values(), *others.values()):
        if turn.run and not finding.may_read(reader.user, chat, turn.run):
            turn.run = None
    views: list[TurnView] = []
    for place, pk in enumerate(keys):
        turn = turns[pk]
        previous = turns[keys[place - 1]].endpoint_id if place else None
        versions = branch.versions[pk]
        other = _describe_turn(others[pk], versions, reader, is_new=True) if pk in others else None
        is_new = other is not None or turn.endpoint_id != previous
        views.append(replace(_describe_turn(turn, versions, reader, is_new=is_new), other=other))
    return views


def _others(rows: QuerySet[Turn], keys: Sequence[int]) -> dict[int, Turn]:
    """Return the turns shown beside these, by the keys of these."""
    second_turns: dict[int, Turn] = {}
    turns_beside = rows.filter(Q(others__in=keys) | Q(beside__in=keys))
    for turn in turns_beside.annotate(first=F("others__pk")):
        second_turns[turn.beside_id or turn.first] = turn
    return second_turns


def _describe_turn(
    turn: Turn, versions: Sequence[int], reader: Reader, *, is_new: bool
) -> TurnView:
    return TurnView(
        turn,
        versions,
        is_new,
        answer.context(turn.run, reader.view) if turn.run else None,
        watch_tokens.data_watch(turn.run, reader.view) if turn.run else "",
    )
