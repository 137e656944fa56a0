"""The tree of a conversation; pages show one branch, from the first turn to a leaf."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, TextField
from django.db.models.functions import Cast, Length

from features.chats.models import Chat, Turn
from features.chats.talk import answers
from features.chats.talk.composition import Exchange
from runs.models import Run
from runs.models.querysets import heavy_columns

SHOWN = 20  # turns that a page shows at first, and with each request for more
SHOWN_CHARS = 24_000  # in all texts of these turns
ANSWER = ("output", "partial")  # the heavy columns of a run that `answer_text` reads


@dataclass(frozen=True)
class Node:
    """A turn's place in the tree, and the approximate length of its texts."""

    pk: int
    parent: int | None
    length: int


@dataclass(frozen=True)
class Branch:
    """A branch in order from the first turn, and the versions of each turn."""

    nodes: Sequence[Node]
    versions: dict[int, Sequence[int]]

    @property
    def leaf(self) -> int | None:
        """Return the last turn; None for an empty conversation."""
        return self.nodes[-1].pk if self.nodes else None

    def visible_turns(self, before: int | None = None) -> list[int]:
        """Return the turns to show: the last ones, or the last ones before a turn."""
        places = [node.pk for node in self.nodes]
        nodes = self.nodes[: places.index(before)] if before in places else self.nodes
        turn_keys: list[int] = []
        chars = 0
        for node in reversed(nodes):
            chars += node.length
            if turn_keys and (chars > SHOWN_CHARS or len(turn_keys) == SHOWN):
                break
            turn_keys.insert(0, node.pk)
        return turn_keys


def branch_of(chat: Chat, through: int | None = None) -> Branch:
    """Return the branch with the newest turn, or with the newest one below `through`."""
    answer = Length(Cast(F("run__output"), TextField()))
    rows = chat.turns.order_by("pk").values_list("pk", "parent_id", Length("text"), answer)
    nodes = {
        pk: Node(pk, parent, text_size + (answer_size or 0))
        for pk, parent, text_size, answer_size in rows
    }
    below: dict[int | None, list[int]] = {}
    for node in nodes.values():
        below.setdefault(node.parent, []).append(node.pk)
    leaf = _newest_below(below, through) if through in nodes else max(nodes, default=None)
    path: list[Node] = []
    while leaf is not None:
        path.insert(0, nodes[leaf])
        leaf = nodes[leaf].parent
    return Branch(path, {node.pk: below[node.parent] for node in path})


def _newest_below(below: dict[int | None, list[int]], top: int | None) -> int | None:
    newest, open_ = top, [top]
    while open_:
        node = open_.pop()
        newest = max(newest or 0, node or 0)
        open_ += below.get(node, ())
    return newest


def exchanges(chat: Chat, last: int | None) -> list[Exchange]:
    """Return the exchanges up to the turn `last`.

    Turns without an answer are left out. The partial text of a stopped or failed answer counts,
    since the user has read it.
    """
    if last is None:
        return []
    turns = chat.turns.select_related("run").defer(*heavy_columns("run__", but=ANSWER))
    by_key = {turn.pk: turn for turn in turns}
    exchanges: list[Exchange] = []
    node = by_key.get(last)
    while node is not None:
        if answered := answer_text(node):
            exchanges.append(Exchange(node.text, answered))
        node = by_key.get(node.parent_id or 0)
    return exchanges[::-1]


def answer_text(turn: Turn) -> str:
    """Return a turn's answer, final or partial; empty if there is none yet."""
    run: Run | None = turn.run
    if run is None:
        return ""
    return answers.parse_answer(run.output if run.output is not None else run.partial).text
