"""What the library promises to runs: which of its prompts filled in their forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from library.models import Prompt
from library.prompts import using
from library.prompts.origins import KIND, record
from projects.models import InProject
from runs.models import Run
from runs.owners import Destination, FillForm, RunOwner, UserRelation

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class LibraryOwner(RunOwner):
    """Prompts fill in forms, and show what was made from them."""

    def on_start(self, user: User, origins: Mapping[Run, Sequence[str]]) -> None:
        """Write down the prompts that the runs were made from."""
        record(user, origins)

    def handed_over(self) -> Sequence[UserRelation]:
        """Return the prompts; their tags and versions go with them."""
        return (UserRelation("prompts", Prompt),)

    def movable(self) -> Mapping[str, type[InProject]]:
        """Return prompts."""
        return {"prompt": Prompt}

    def destinations(self, user: User) -> Sequence[Destination]:
        """Return the prompts of the user's projects."""
        prompts = Prompt.objects.kept().shown_to(user)
        return (Destination("Prompts", prompts, "name", "library:prompt"),)

    def form_sources(self) -> Mapping[str, FillForm]:
        """Return what fills in a form from `?prompt=<key>`."""
        return {KIND: using.fill}
