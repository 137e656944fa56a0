"""What the library promises to runs: prompts that fill in their forms, references in them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from library.models import Prompt, Reference, ReferenceVersion
from library.prompts import origins as prompt_origins
from library.prompts import using as using_prompts
from library.references import resolving, results
from library.references import using as using_references
from projects.models import InProject
from runs.files.input_references import sources_in
from runs.models import Run, Upload
from runs.named_inputs import NamedInput, NameResolver, Offered
from runs.owners import (
    Chosen,
    Destination,
    FillForm,
    JsonColumn,
    Place,
    RunOwner,
    UserRelation,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from projects.models import Project


class LibraryOwner(RunOwner):
    """Prompts fill in forms, references stand in them; both show what was made from them."""

    def places_of(self, user: User | AnonymousUser, run: Run) -> Sequence[Place]:
        """Return the references that the run was given."""
        return results.places_of(user, run)

    def on_start(self, user: User, origins: Mapping[Run, Sequence[str]]) -> None:
        """Write down the prompts that the runs were made from."""
        prompt_origins.record(user, origins)

    def name_resolver(self, user: User, project: Project) -> NameResolver:
        """Return what replaces `@bottle` by what the model takes of the reference."""
        return resolving.Resolver(user, project)

    def names_offered(self, user: User, project: Project) -> Sequence[Offered]:
        """Return the references that the user may mention in the project."""
        return using_references.offered(user, project)

    def on_named(self, user: User, named: Mapping[Run, Sequence[NamedInput]]) -> None:
        """Write down the references that the runs were given."""
        resolving.record(user, named)

    def inputs_in_use(self) -> Sequence[JsonColumn]:
        """Return the pictures and LoRAs of references, with those of their earlier versions."""
        return (
            JsonColumn(ReferenceVersion.objects.all(), "pictures"),
            JsonColumn(ReferenceVersion.objects.all(), "lora"),
            JsonColumn(Reference.objects.all(), "pictures"),
            JsonColumn(Reference.objects.all(), "lora"),
        )

    def handed_over(self) -> Sequence[UserRelation]:
        """Return the prompts and references; their tags and versions go with them."""
        return (UserRelation("prompts", Prompt), UserRelation("references", Reference))

    def movable(self) -> Mapping[str, type[InProject]]:
        """Return prompts and references."""
        return {"prompt": Prompt, "reference": Reference}

    def goes_along(self, rows: Chosen) -> Chosen:
        """Return the pictures of moved references."""
        moved = ReferenceVersion.objects.filter(reference__in=rows.get(Reference, ()))
        pictures = json.dumps([*moved.values_list("pictures", flat=True)])
        return {Upload: sources_in(pictures)}

    def destinations(self, user: User) -> Sequence[Destination]:
        """Return the prompts and references of the user's projects."""
        prompts = Prompt.objects.kept().shown_to(user)
        references = Reference.objects.kept().shown_to(user)
        return (
            Destination("Prompts", prompts, "name", "library:prompt"),
            Destination("References", references, "name", "library:reference"),
        )

    def form_sources(self) -> Mapping[str, FillForm]:
        """Return what fills in a form from `?prompt=<key>` and `?reference=<key>`."""
        return {prompt_origins.KIND: using_prompts.fill, resolving.KIND: using_references.fill}
