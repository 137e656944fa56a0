"""What sharing promises to runs: shares move and are handed over with the work they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from runs.owners import RunOwner, UserRelation
from sharing.models import Share

if TYPE_CHECKING:
    from projects.models import InProject


class SharingOwner(RunOwner):
    """A share is a row of a project like what it shows."""

    def handed_over(self) -> Sequence[UserRelation]:
        """Return the shares; what guests said of them goes with them."""
        return (UserRelation("shares", Share),)

    def movable(self) -> Mapping[str, type[InProject]]:
        """Return shares."""
        return {"share": Share}
