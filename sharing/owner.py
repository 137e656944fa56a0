"""What sharing promises to runs: shares move and are handed over with the work they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async

from runs.owners import Job, RunOwner, UserRelation
from sharing.models import Share
from sharing.review import comments, news

if TYPE_CHECKING:
    import fal
    from core.notify import channel
    from projects.models import InProject


class SharingOwner(RunOwner):
    """A share is a row of a project like what it shows."""

    def handed_over(self) -> Sequence[UserRelation]:
        """Return the shares; what guests said of them goes with them."""
        return (UserRelation("shares", Share),)

    def movable(self) -> Mapping[str, type[InProject]]:
        """Return shares."""
        return {"share": Share}

    def jobs(self, signal: channel.Signal, upstream: fal.Clients | None) -> Sequence[Job]:
        """Return the jobs that tell of reviews and forget deleted comments."""
        return (
            Job("news of reviews", sync_to_async(news.tell_due), wakes_on_change=True),
            Job("deleted comments", sync_to_async(comments.delete_for_good)),
        )
