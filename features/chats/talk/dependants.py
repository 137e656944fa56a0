"""The conversations in which a model answers."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from catalog.models import Endpoint
from features.chats.models import Chat
from features.chats.talk.shape import shape_of
from runs.promises.dependants import Dependants, Outcome, Replacing


class Conversations(Dependants):
    """Chats that were begun; the other model answers from then on."""

    name, label, model = "chat", "Chat", Chat

    def rows(self, endpoint: Endpoint, target: Endpoint | None) -> Any:
        answers = Q(endpoint=endpoint) | Q(second=endpoint)
        return Chat.objects.kept().filter(answers, said_at__isnull=False)

    def outcome(self, row: Chat, part: str, replacing: Replacing) -> Outcome | None:
        shape = shape_of(replacing.target)
        if shape is None:
            return None
        if row.endpoint_id != replacing.source.pk:
            return Outcome({"second_id": replacing.target.pk})
        carried = replacing.carry(row.settings)
        offered = {child.name for child in shape.rest.children}
        settings = {name: value for name, value in carried.arguments.items() if name in offered}
        return Outcome.of_carried(carried, endpoint_id=replacing.target.pk, settings=settings)
