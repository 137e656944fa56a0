"""The API's hooks for files that arrive in parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async

from api.fal_proxy import parts
from runs.promises.owners import Job, RunOwner

if TYPE_CHECKING:
    import fal
    from core.notify import channel


class ApiOwner(RunOwner):
    """Parts of uploads count towards quotas, and are deleted when abandoned."""

    def held_bytes(self, user_id: int) -> int:
        """Return the size of the user's parts."""
        return parts.bytes_of(user_id)

    def jobs(self, signal: channel.Signal, upstream: fal.Clients | None) -> Sequence[Job]:
        """Return the job that deletes abandoned parts."""
        return (Job("delete abandoned parts", sync_to_async(parts.purge_stale)),)
