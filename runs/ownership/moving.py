"""Moves work to another project: the chosen rows and what goes along with them.

A board takes its runs along, a run the files that only it uses. Each app decides what goes along
with its rows (`Keeps.goes_along`). Rows of other people stay unless a manager of their project
moves them, and never go into a private project, where their makers could not see them.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

import projects.kept.models
from accounts.audit import trail
from core.formatting import counted
from core.periods import UNDO_WITHIN
from core.refusals import Refused
from projects import roles
from projects.models import InProject, InProjectQuerySet, Membership, Move, Project
from runs.models import InputFile, Preset, Run, Upload
from runs.promises.keeping import Keeps
from runs.promises.registry import registered
from runs.records import counting

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from runs.promises.keeping import SelectedRows

MOST_CHOSEN = 500  # rows that one move takes, without what goes along


@dataclass
class Plan:
    """What a move would take: rows by model, and the number of related rows that stay."""

    chosen: SelectedRows
    rows: dict[type[InProject], set[Any]] = field(default_factory=dict)
    staying: int = 0  # rows of other people
    unfinished: int = 0  # runs that are still in progress

    @property
    def counts(self) -> list[str]:
        """Return the number of rows of each kind that would move: `1 board`, `12 runs`."""
        return [_counted(kind, len(keys)) for kind, keys in self.rows.items() if keys]


def kinds() -> Mapping[str, type[InProject]]:
    """Return the models that can be moved, by their name in addresses: `run`, `board`."""
    things: dict[str, type[InProject]] = {kind.slug: kind for kind in projects.kept.models.kinds()}
    for owner in registered(Keeps):
        things |= owner.movable()
    return things


def choose(user: User, posted_keys: Mapping[str, Iterable[str]]) -> SelectedRows:
    """Return the rows with these keys that the user may move.

    Makers may move their own rows, managers everybody's. Raises Refused if none is left.
    """
    chosen_rows: dict[type[InProject], set[Any]] = {}
    for name, kind in kinds().items():
        if keys := _keys(kind, posted_keys.get(name, ())):
            rows = _rows(kind).filter(pk__in=keys).removable_by(user).changeable_by(user)
            rows = rows.filter(project__archived_at=None)
            chosen_rows[kind] = set(rows.values_list("pk", flat=True))
    if not any(chosen_rows.values()):
        raise Refused(
            "There is nothing here that you may move: you can move your own work, and a "
            "project's managers can move everybody's."
        )
    if sum(map(len, chosen_rows.values())) > MOST_CHOSEN:
        raise Refused(f"Choose at most {MOST_CHOSEN} at once.")
    return chosen_rows


def plan(user: User, chosen_rows: SelectedRows, target: Project | None = None) -> Plan:
    """Return what goes along with the chosen rows, to `target` if it is known already."""
    planned = Plan(chosen_rows)
    unplanned: SelectedRows = chosen_rows
    while any(unplanned.values()):
        movable = {kind: _movable(user, kind, keys, target) for kind, keys in unplanned.items()}
        planned.staying += sum(len(keys - movable[kind]) for kind, keys in unplanned.items())
        for kind, keys in movable.items():
            planned.rows[kind] = planned.rows.get(kind, set()) | keys
        unplanned = beyond(planned.rows, movable)
    files = _files_of(planned.rows.get(Run, set()))
    planned.rows[Upload] = planned.rows.get(Upload, set()) | _movable(user, Upload, files, target)
    runs = Run.objects.filter(pk__in=planned.rows.get(Run, ()))
    planned.unfinished = runs.unfinished().count()
    return planned


def move(user: User, chosen_rows: SelectedRows, target: Project) -> Move:
    """Move the chosen rows, and what goes along, to a project in which the user may make things.

    A run in progress continues, and its result arrives in the new project. Raises Refused, and
    PermissionDenied if the user may only look at the target.
    """
    roles.require_maker(user, target)
    with transaction.atomic():
        planned = plan(user, chosen_rows, target)
        moved: list[tuple[str, int, list[str]]] = []
        for kind, keys in planned.rows.items():
            rows = _without_twins(_rows(kind).filter(pk__in=keys).exclude(project=target), target)
            for project in rows.order_by().values_list("project_id", flat=True).distinct():
                moved_pks = rows.filter(project=project).values_list("pk", flat=True)
                moved.append((kind._meta.label, project, [str(pk) for pk in moved_pks]))
        if not moved:
            raise Refused(_nothing_goes(planned, target))
        for label, _, going in moved:
            _put(label, going, target)
        record = Move.objects.create(user=user, target=target, rows=moved)
        trail.record(user, "moved to", [target], ", ".join(counts_of(record)))
    return record


def undo(user: User, record: Move) -> None:
    """Move back what is still where the move put it; raises Refused or PermissionDenied."""
    if record.user_id != user.pk:
        raise PermissionDenied("Somebody else has moved this since.")
    if record.undone_at is not None:
        raise Refused("This has already been moved back.")
    if timezone.now() - record.created_at > UNDO_WITHIN:
        raise Refused("This was moved more than a day ago. Move it again instead.")
    formers = Project.objects.in_bulk({project for _, project, _ in record.rows})
    with transaction.atomic():
        for label, project, keys in record.rows:
            if project not in formers:
                raise Refused("The project that this came from no longer exists.")
            roles.require_maker(user, formers[project])
            _put(label, keys, formers[project], only_from=record.target)
        record.undone_at = timezone.now()
        record.save(update_fields=["undone_at"])
        trail.record(user, "moved back from", [record.target], ", ".join(counts_of(record)))


def counts_of(record: Move) -> list[str]:
    """Return the number of rows of each kind that a move has taken: `1 board`, `12 runs`."""
    numbers: dict[str, int] = {}
    for label, _, keys in record.rows:
        numbers[label] = numbers.get(label, 0) + len(keys)
    return [_counted(_model(label), number) for label, number in numbers.items()]


def blind_makers(planned: Plan, target: Project) -> list[str]:
    """Return the names of some users whose work would go where they are not members."""
    names: set[str] = set()
    members = Membership.objects.filter(project=target).values("user")
    for kind, keys in planned.rows.items():
        rows = _rows(kind).filter(pk__in=keys).exclude(user__in=members)
        names |= set(rows.order_by().values_list("user__username", flat=True).distinct()[:5])
    return sorted(names)


def are_all_in(chosen_rows: SelectedRows, project: Project) -> bool:
    """Return True if all chosen rows live in the project already."""
    return not any(
        _rows(kind).filter(pk__in=keys).exclude(project=project).exists()
        for kind, keys in chosen_rows.items()
        if keys
    )


def beyond(known_rows: Mapping[type[InProject], set[Any]], newest: SelectedRows) -> SelectedRows:
    """Return what goes along with the newest rows and is not known yet."""
    along: dict[type[InProject], set[Any]] = {}
    for owner in registered(Keeps):
        for kind, keys in owner.goes_along(newest).items():
            along[kind] = along.get(kind, set()) | set(keys) - known_rows.get(kind, set())
    return along


def _movable(
    user: User, kind: type[InProject], keys: Collection[Any], to: Project | None
) -> set[Any]:
    """Return the keys of the rows that may move; into a private project only the user's own."""
    if not keys:
        return set()
    rows = _rows(kind).filter(pk__in=keys).removable_by(user)
    if to is not None and to.is_private:
        rows = rows.filter(user=user)
    return set(rows.values_list("pk", flat=True))


def _files_of(runs: Collection[Any]) -> set[Any]:
    """Return the uploads that only these runs name."""
    inputs = InputFile.objects.filter(run__in=runs, source__isnull=False).values("source")
    elsewhere = InputFile.objects.filter(source__in=inputs).exclude(run__in=runs).values("source")
    uploads = Upload.objects.filter(pk__in=inputs).exclude(pk__in=elsewhere)
    return set(uploads.values_list("pk", flat=True))


def _put(label: str, keys: Collection[str], to: Project, only_from: Project | None = None) -> None:
    kind = _model(label)
    rows = _rows(kind).filter(pk__in=keys)
    if only_from is not None:
        rows = _without_twins(rows.filter(project=only_from), to)
    rows.update(project=to)
    if kind is Run:
        counting.touch(map(uuid.UUID, keys))
    if issubclass(kind, projects.kept.models.Kept):
        for row in kind._default_manager.filter(pk__in=keys).only("pk"):
            row.touch_contents()


def _without_twins(rows: InProjectQuerySet[Any], to: Project) -> InProjectQuerySet[Any]:
    """Leave out files and presets whose user has an equal one in the target project."""
    names = {Upload: ("user", "digest"), Preset: ("user", "endpoint", "name")}.get(rows.model, ())
    if not names:
        return rows
    existing_rows = Preset.objects.kept() if rows.model is Preset else Upload.objects.all()
    twin_values = {name: OuterRef(name) for name in names}
    return rows.exclude(Exists(existing_rows.filter(project=to, **twin_values)))


def _rows(kind: type[InProject]) -> InProjectQuerySet[Any]:
    return cast("InProjectQuerySet[Any]", kind._default_manager.all())


def _model(label: str) -> type[InProject]:
    return cast("type[InProject]", apps.get_model(label))


def _keys(kind: type[InProject], texts: Iterable[str]) -> list[Any]:
    """Return the valid keys among the texts, parsed as the model's primary key."""
    keys = []
    for text in texts:
        try:
            keys.append(kind._meta.pk.to_python(text))
        except ValidationError:
            continue
    return keys


def _counted(kind: type[InProject], number: int) -> str:
    name = str(kind._meta.verbose_name)
    if name == kind._meta.verbose_name_plural:  # 1 series, 2 series
        return f"{number:,} {name}"
    return counted(number, name.removesuffix("s"))


def _nothing_goes(planned: Plan, target: Project) -> str:
    if planned.staying and target.is_private:
        return "Only your own work can move to your private project; this is somebody else's."
    return f"All of it is in “{target}” already."
