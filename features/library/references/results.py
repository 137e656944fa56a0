"""The latest results made with each version of a reference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from features.library.models import Reference, ReferenceRun
from runs.models import Run
from runs.promises.owners import Place

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

LATEST = 24


def by_version(user: User, reference: Reference) -> Mapping[int, Sequence[Run]]:
    """Return the latest runs of the user's projects with the reference, by version."""
    uses = ReferenceRun.objects.filter(reference=reference)
    runs = Run.objects.kept().shown_to(user).filter(pk__in=uses.values("run"))
    latest = {run.pk: run for run in runs.recent("output")[:LATEST]}
    versions = dict(uses.filter(run__in=latest).values_list("run", "version"))
    grouped = defaultdict(list)
    for pk, run in latest.items():
        grouped[versions[pk]].append(run)
    return grouped


def places_of(user: User | AnonymousUser, run: Run) -> list[Place]:
    """Return the references that a run used and the user sees."""
    visible = Reference.objects.kept().shown_to(user)
    uses = ReferenceRun.objects.filter(run=run, reference__in=visible).select_related("reference")
    return [
        Place(
            "Reference",
            str(use.reference),
            use.reference.get_absolute_url(),
            f"version {use.version}, {use.words.partition(': ')[2] or 'none of it was used'}",
        )
        for use in uses.order_by("pk")
    ]
