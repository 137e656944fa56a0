"""What conversations promise to the runs that answer their turns."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from features.chats.display import answer
from features.chats.models import Chat, Turn
from features.chats.talk.dependants import Conversations
from features.chats.turns.finding import chats_of
from projects.models import InProjectQuerySet
from runs.models import Run
from runs.promises.dependants import Dependants
from runs.promises.owners import JsonColumn, LiveView, Place, RunOwner, SelectedRows

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class ChatsOwner(RunOwner):
    """An answer is an ordinary run, shown while it is generated; settings and drafts name files."""

    models_of_places = (Turn,)

    def places_of(self, user: User | AnonymousUser, run: Run) -> Sequence[Place]:
        """Return the conversation with this answer, if the user sees it."""
        return chats_of(user, run)

    def dependants(self) -> Sequence[Dependants]:
        """Return the conversations."""
        return (Conversations(),)

    def live_views(self) -> Mapping[str, LiveView]:
        """Return the answer on a conversation's page, with each partial output."""
        return {"chat": LiveView(answer.render, is_live=True)}

    def inputs_in_use(self) -> Sequence[JsonColumn]:
        """Return the settings and drafts of conversations that are not deleted."""
        return (
            JsonColumn(Chat.objects.kept(), "settings"),
            JsonColumn(Chat.objects.kept(), "draft"),
            JsonColumn(Turn.objects.filter(chat__deleted_at=None), "settings"),
        )

    def kept_runs(self, run_ids: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
        """Return the answers in conversations that are not deleted."""
        turns = Turn.objects.filter(run__in=run_ids, chat__deleted_at=None)
        return {run_id for run_id in turns.values_list("run_id", flat=True) if run_id}

    def goes_along(self, rows: SelectedRows) -> SelectedRows:
        """Return the answers in moved conversations."""
        turns = Turn.objects.filter(chat__in=rows.get(Chat, ()), run__isnull=False)
        return {Run: set(turns.values_list("run_id", flat=True))}

    def private_pages(self) -> Mapping[str, InProjectQuerySet[Any]]:
        """Return conversations."""
        return {"chat": Chat.objects.kept()}
