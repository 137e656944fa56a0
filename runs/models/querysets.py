"""Querysets of runs and presets, so that views do not repeat filters."""

from __future__ import annotations

import json
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.apps import apps
from django.db import models
from django.db.models import IntegerField, UUIDField
from django.db.models.functions import Substr

from accounts import permissions
from catalog.models import Endpoint
from catalog.models.querysets import CATALOGUE_ONLY
from core.db.json_field import small
from core.db.prepared_queries import Param, ParamList, PreparedQuery, custom_plans
from projects.kept.models import KeptQuerySet
from projects.models import InProjectQuerySet
from projects.models.in_project import is_member, is_open_to, is_shown_to

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable, Iterable, Sequence

    from django.contrib.auth.models import AnonymousUser, User

    from projects.models import InProject, Project
    from runs.models import Artifact, Preset, Run  # noqa: F401


# Exactly the condition of the index `run_unfinished`: SQLite uses a partial index only for equal
# literals, and without the index each query for work would read all runs.
UNFINISHED = models.Func(
    models.F("state"),
    template="NOT (%(expressions)s IN ('succeeded', 'failed', 'cancelled'))",
    output_field=models.BooleanField(),
)
# Likewise for the index `run_not_done`.
NOT_DONE = models.Func(
    models.F("state"),
    template="%(expressions)s IN ('failed', 'cancelled')",
    output_field=models.BooleanField(),
)
# Likewise for the artifacts' index `artifact_to_copy`.
REMOTE = models.Func(
    models.F("state"),
    template="%(expressions)s = 'remote'",
    output_field=models.BooleanField(),
    arity=1,
)
# Likewise for the artifacts' index `artifact_to_compare`.
STORED = models.Func(
    models.F("state"),
    template="%(expressions)s = 'stored'",
    output_field=models.BooleanField(),
    arity=1,
)
# Likewise for the artifacts' indexes `artifact_to_examine` and `artifact_signed`.
NOT_EXAMINED = models.Func(
    models.F("provenance"),
    template="%(expressions)s = ''",
    output_field=models.BooleanField(),
    arity=1,
)
SIGNED = models.Func(
    models.F("provenance"),
    template="%(expressions)s IN ('signed', 'valid', 'invalid')",
    output_field=models.BooleanField(),
    arity=1,
)
# The part of a run that is searched; exactly the expression of PostgreSQL's index `run_text`. The
# rest of longer arguments, mostly a file inside them, is not searched.
SEARCHED_TEXT = models.Func(
    models.F("title"),
    models.F("arguments"),
    template="SUBSTR(%(expressions)s, 1, 4000)",
    arg_joiner=" || ' ' || ",
    output_field=models.TextField(),
)
# Likewise for the artifacts' index `artifact_by_address`; a file inside an address is megabytes.
ADDRESS_CHARS = 150
ADDRESS_BEGINNING = models.Func(
    models.F("url"),
    template=f"SUBSTR(%(expressions)s, 1, {ADDRESS_CHARS})",
    output_field=models.TextField(),
)
# A failed run is no example: there is nothing to show.
EXAMPLE = models.Q(is_example=True, state="succeeded")

# Columns that may be megabytes. Lists load all other columns, new ones included.
INPUT = ("arguments", "sent_arguments")
RESULT = ("output", "output_text")
LIVE = ("logs", "positions", "events", "partial", "steps", "metrics", "handle")  # by the worker
MOST_ADDRESS_CHARS = 4000
HEAVY = (*INPUT, *RESULT, *LIVE)


def heavy_columns(prefix: str = "", *, but: Sequence[str] = ()) -> list[str]:
    """Return the heavy columns except `but`, to `defer` them in a query that joins runs.

    `prefix` is the path to the run, such as `run__`. For runs themselves, use `RunQuerySet.light`.
    """
    return [f"{prefix}{name}" for name in HEAVY if name not in but]


class RunQuerySet(InProjectQuerySet["Run"]):
    """Filters for runs."""

    def kept(self) -> RunQuerySet:
        """Return the runs that are not deleted."""
        return self.filter(deleted_at=None)

    def deleted(self) -> RunQuerySet:
        """Return the deleted runs that can still be restored."""
        return self.filter(deleted_at__isnull=False)

    def owned_by(self, user: User | AnonymousUser) -> RunQuerySet:
        """Return the user's own runs, in all their projects."""
        return self.kept().own(user)

    def within_reach_of(self, user: User | AnonymousUser) -> RunQuerySet:
        """Return the runs that the user may read, deleted ones included: see `is_open_to`."""
        return self.open_to(user)

    def visible_to(self, user: User | AnonymousUser) -> RunQuerySet:
        """Return the runs that the user may read, without deleted ones."""
        return self.kept().within_reach_of(user)

    def readable_by(self, user: User | AnonymousUser) -> RunQuerySet:
        """Return the runs that the user may read: `visible_to`, and everybody's examples."""
        return self.kept().filter(is_open_to(user, self.model) | EXAMPLE)

    def covered_to(self, user: User | AnonymousUser) -> RunQuerySet:
        """Return the runs that the user may know of but not read; everybody reads examples."""
        return super().covered_to(user).exclude(EXAMPLE)

    def covered_among(self, user: User | AnonymousUser, runs: Iterable[Run]) -> set[uuid.UUID]:
        """Return the keys of the loaded runs that the user may know of but not read.

        No query if all are the user's own, nor for users without permission to see others' runs.
        """
        runs_of_others = {run.pk for run in runs if run.user_id != user.pk}
        if not runs_of_others:
            return runs_of_others
        return set(self.covered_to(user).filter(pk__in=runs_of_others).values_list("pk", flat=True))

    def readable_with(self, row: InProject) -> RunQuerySet:
        """Return the runs that everybody who sees this row may read, such as in a board's cells.

        These are its project's runs, hidden ones only if the row is hidden too, and examples.
        """
        own = models.Q(user_id=row.user_id) if row.is_hidden else models.Q()
        is_beside = models.Q(own | models.Q(is_hidden=False), project_id=row.project_id)
        return self.kept().filter(is_beside | EXAMPLE)

    def withheld_with(self, row: InProject, runs: Iterable[Run]) -> set[uuid.UUID]:
        """Return the keys of the loaded runs that not everybody who sees the row may read.

        One query if there are runs from elsewhere, otherwise none.
        """
        elsewhere = {run.pk for run in runs if not run.is_shown_with(row)}
        if not elsewhere:
            return elsewhere
        readable = self.readable_with(row).filter(pk__in=elsewhere)
        return elsewhere - set(readable.values_list("pk", flat=True))

    def examples(self) -> RunQuerySet:
        """Return the runs published as examples of what a model can do."""
        return self.kept().filter(EXAMPLE)

    def unfinished(self) -> RunQuerySet:
        """Return the runs without a final state."""
        return self.filter(UNFINISHED)

    def in_state(self, state: str) -> RunQuerySet:
        """Return the runs in this state, using the index that contains it."""
        if state == "succeeded":
            return self.filter(state=state)
        is_final = state in {"failed", "cancelled"}
        return self.filter(NOT_DONE if is_final else UNFINISHED, state=state)

    def containing(self, text: str) -> RunQuerySet:
        """Return the runs with this text in their title or arguments, ignoring case."""
        # The database stores JSON text with non-ASCII escaped, so search for both forms.
        forms = {text, json.dumps(text)[1:-1]}
        matches = (models.Q(searched_text__icontains=form) for form in sorted(forms))
        return self.alias(searched_text=SEARCHED_TEXT).filter(reduce(or_, matches))

    def with_endpoint(self) -> RunQuerySet:
        """Load the endpoints in the same query, without columns that only the catalogue shows."""
        return self.select_related("endpoint").defer(
            *(f"endpoint__{name}" for name in CATALOGUE_ONLY)
        )

    def light(self, *heavy: str) -> RunQuerySet:
        """Load no heavy columns except these. Call it once: a second call loads no more."""
        return self.defer(*heavy_columns(but=heavy))

    def with_title(self) -> RunQuerySet:
        """Load only what a link to the run needs."""
        return self.only("title")

    def named(self) -> RunQuerySet:
        """Load only what a list of names shows: titles, states and the models' names."""
        of_endpoint = (f"endpoint__{name}" for name in Endpoint.NAMED_BY)
        return self.select_related("endpoint").only("title", "state", "endpoint", *of_endpoint)

    def recent(self, *heavy: str) -> RunQuerySet:
        """Order newest first, for lists: with artifacts, costs and only these heavy columns."""
        runs = self.with_endpoint().select_related("charge").light(*heavy)
        return runs.with_artifacts().order_by("-created_at")

    def with_artifacts(self) -> RunQuerySet:
        """Load the artifacts for a list, without files inside their addresses."""
        artifacts = apps.get_model("playground", "Artifact").objects.light()
        return self.prefetch_related(models.Prefetch("artifacts", artifacts))

    # Compiling a query for all columns of a run takes longer than querying its key, and then the
    # row by a prepared query.

    def load_recent(self, count: int) -> list[Run]:
        """Return the newest runs like `recent`, with their users and `small_arguments`."""
        newest = self.order_by("-created_at").values_list("pk", flat=True)
        with custom_plans():
            keys = list(newest[:count])
        return _RECENT.all(pks=keys) if keys else []

    def load(self, pk: uuid.UUID) -> Run | None:
        """Return the run with everything that its page shows, if it is in this queryset."""
        return _WHOLE.first(pk=pk) if self.filter(pk=pk).exists() else None

    def load_readable(self, user: User | AnonymousUser, pk: uuid.UUID) -> Run | None:
        """Return the run with everything that its page shows, if the user may read it."""
        return _READABLE.first(user, pk=pk)


def _runs() -> RunQuerySet:
    runs: RunQuerySet = apps.get_model("playground", "Run").objects.all()
    return runs


def _whole(runs: RunQuerySet) -> RunQuerySet:
    runs = runs.with_endpoint().select_related("project", "charge")
    return runs.with_artifacts().filter(pk=Param("pk", UUIDField()))


T = TypeVar("T")


class _Reader:
    """Stands for the user in a prepared query: the key is its parameter `user`."""

    pk = Param("user", IntegerField())

    def __init__(self, *, sees_all: bool) -> None:
        self.is_staff = sees_all

    def has_perm(self, _name: str) -> bool:
        """Return True; only called for staff."""
        return True


class ReadableQuery(Generic[T]):
    """A prepared query for the runs that a user may read: see `readable_by`.

    That condition takes longer to compile than to execute, and has two forms.
    """

    def __init__(self, build: Callable[[RunQuerySet], models.QuerySet[Any, T]]) -> None:
        reader: Any = _Reader  # it has everything that `readable_by` reads
        self._plain = PreparedQuery(lambda: build(_runs().readable_by(reader(sees_all=False))))
        self._of_all = PreparedQuery(lambda: build(_runs().readable_by(reader(sees_all=True))))

    def first(self, user: User | AnonymousUser, **values: Any) -> T | None:
        """Return the first row, or None; `values` are the other parameters by name."""
        query = self._of_all if permissions.may_see_runs(user) else self._plain
        return query.first(user=user.pk or 0, **values)


_RECENT = PreparedQuery(
    lambda: (
        _runs()
        .recent()
        .annotate(small_arguments=small("arguments"))
        .select_related("user")
        .filter(pk__in=ParamList("pks", UUIDField()))
    )
)
_WHOLE = PreparedQuery(lambda: _whole(_runs()))
_READABLE: ReadableQuery[Run] = ReadableQuery(_whole)


class ArtifactQuerySet(models.QuerySet["Artifact"]):
    """Filters for artifacts."""

    def light(self) -> ArtifactQuerySet:
        """Load only the beginning of addresses: a file inside an address may be megabytes."""
        short_url = Substr("url", 1, MOST_ADDRESS_CHARS)
        return self.defer("url").annotate(short_url=short_url)

    def beginning_as(self, addresses: Iterable[str]) -> ArtifactQuerySet:
        """Return the files whose address at upstream begins as one of these, by the index.

        Compare the whole address in Python: with a condition on it, SQLite does not use the index.
        """
        beginnings = {address[:ADDRESS_CHARS] for address in addresses}
        return self.alias(beginning=ADDRESS_BEGINNING).filter(beginning__in=beginnings)


class PresetQuerySet(KeptQuerySet["Preset"]):
    """Filters for presets."""

    def offered_in(self, project: Project, user: User) -> PresetQuerySet:
        """Return the presets to choose from: the project's, the user's private and shared ones.

        No query for a request's own user.
        """
        return super().offered_in(project, user) | self.kept().filter(is_shared=True)

    def readable_by(self, user: User | AnonymousUser) -> PresetQuerySet:
        """Return the presets of the user's projects and those for everybody."""
        in_projects = models.Q(is_shown_to(user), is_member(user))
        return self.kept().filter(in_projects | models.Q(is_shared=True))

    def house_defaults(self) -> PresetQuerySet:
        """Return the presets that fill an untouched form, one for each model."""
        return self.kept().filter(is_house_default=True, is_shared=True)

    def editable_by(self, user: User | AnonymousUser) -> PresetQuerySet:
        """Return the presets of the user's projects, deleted ones too, and for staff shared ones.

        Roles and permissions decide which of them the user may change.
        """
        in_projects = models.Q(is_shown_to(user), is_member(user))
        return self.filter(in_projects | models.Q(is_shared=True) if user.is_staff else in_projects)
