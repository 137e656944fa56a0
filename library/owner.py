"""What the library promises to runs: which of its prompts filled in their forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from library.models import Prompt, View
from library.prompts import using
from library.prompts.origins import KIND, record
from library.search import indexing
from projects.models import InProject
from runs.models import Run
from runs.owners import Destination, FillForm, Job, RunOwner, UserRelation

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    import fal
    from core.notify import channel


class LibraryOwner(RunOwner):
    """Prompts fill in forms, and show what was made from them."""

    def on_start(self, user: User, origins: Mapping[Run, Sequence[str]]) -> None:
        """Write down the prompts that the runs were made from."""
        record(user, origins)

    def handed_over(self) -> Sequence[UserRelation]:
        """Return the prompts, whose tags and versions go with them, and views."""
        return (UserRelation("prompts", Prompt), UserRelation("views", View))

    def movable(self) -> Mapping[str, type[InProject]]:
        """Return prompts and views."""
        return {"prompt": Prompt, "view": View}

    def destinations(self, user: User) -> Sequence[Destination]:
        """Return the prompts and views of the user's projects."""
        prompts = Prompt.objects.kept().shown_to(user)
        views = View.objects.kept().shown_to(user)
        return (
            Destination("Prompts", prompts, "name", "library:prompt"),
            Destination("Views", views, "name", "library:view"),
        )

    def form_sources(self) -> Mapping[str, FillForm]:
        """Return what fills in a form from `?prompt=<key>`."""
        return {KIND: using.fill}

    def jobs(self, signal: channel.Signal, upstream: fal.Clients | None) -> Sequence[Job]:
        """Return the job that indexes runs for the search."""
        return (Job("index runs", indexing.index_in_background, wakes_on_change=True),)
