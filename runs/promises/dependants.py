"""What uses a model, kind by kind, and how another model takes its place there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from django.db.models import BooleanField, ExpressionWrapper, Q

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from schemas.carry import Carried, carry

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import Model

MOST = 200  # of one kind, on one page and in one press


@dataclass(frozen=True)
class Replacing:
    """A model, and the one that takes its place for a user."""

    source: Endpoint
    target: Endpoint
    by: User
    known: dict[str, Endpoint] = field(default_factory=dict)  # other models that were looked up

    def carry(self, settings: Any) -> Carried:
        """Carry settings of the former model to the other one."""
        own = settings if isinstance(settings, dict) else {}
        return carry(own, self._before, version_of(self.target))

    @cached_property
    def _before(self) -> Any:
        return version_of(self.source) if self.source.schema_id else None


class Outcome(NamedTuple):
    """What a replacement does to a row: the columns' new values, and what changes and is lost."""

    values: dict[str, Any]
    changed: Sequence[str] = ()
    lost: Sequence[str] = ()

    @classmethod
    def of_carried(cls, carried: Carried, **values: Any) -> Outcome:
        """Return the outcome of settings that were carried."""
        changed, lost = (
            [step.sentence for kind in kinds for step in carried.steps_of(kind)]
            for kinds in (("converted", "clamped"), ("dropped",))
        )
        return cls(values, changed, lost)


@dataclass
class Dependant:
    """One thing that uses a model, as one user sees it; without an address it is covered.

    `part` is what uses the model in its row, such as a step of a flow. `is_movable`: it is the
    user's own, and they may change it.
    """

    kind: Dependants
    row: Any
    title: str
    address: str = ""
    part: str = ""
    owner: str = ""
    is_movable: bool = False
    outcome: Outcome | None = field(default=None)

    @property
    def key(self) -> str:
        """Return how forms name it."""
        return f"{self.kind.name}/{self.row.pk}/{self.part}"


class Dependants:
    """One kind of things that use models: `name` is for forms, `label` for people.

    The default is for rows of a project (`InProject`), of which columns change.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    model: ClassVar[type[Model]]
    movable: ClassVar[bool] = True

    def rows(self, endpoint: Endpoint, target: Endpoint | None) -> Any:
        """Return everybody's rows that use the model, and in which `target` has not its place."""
        raise NotImplementedError

    def parts(self, row: Any, endpoint: Endpoint) -> Iterable[tuple[str, str]]:
        """Return what in a row uses the model, each with the row's title."""
        return [("", str(row))]

    def outcome(self, row: Any, part: str, replacing: Replacing) -> Outcome | None:
        """Return what the replacement would do; None if the other model cannot take the place."""
        return None

    def find(self, user: User, endpoint: Endpoint, target: Endpoint | None) -> list[Dependant]:
        """Return what the user may know of, their own first; three queries at most."""
        rows = self.rows(endpoint, target)
        is_own = ExpressionWrapper(Q(user=user), BooleanField())
        noticed = rows.noticed_by(user).select_related("user", "project").alias(is_own=is_own)
        covered = {*rows.covered_to(user).values_list("pk", flat=True)}
        own = self.own(rows, user) if self.movable else rows.none()
        movable = {*own.values_list("pk", flat=True)}
        return [
            Dependant(
                self,
                row,
                "private" if row.pk in covered else title,
                "" if row.pk in covered else row.get_absolute_url(),
                part,
                row.author,
                row.pk in movable,
            )
            for row in noticed.order_by("-is_own", "pk")[:MOST]
            for part, title in self.parts(row, endpoint)
        ]

    def own(self, rows: Any, user: User) -> Any:
        """Return the user's own rows that they may change."""
        return rows.changeable_by(user).filter(user=user, project__archived_at=None)

    def owners(self, endpoint: Endpoint, target: Endpoint | None) -> set[int]:
        """Return the keys of the users whose things use the model."""
        return {*self.rows(endpoint, target).order_by().values_list("user_id", flat=True)}

    def replace(self, row: Any, part: str, replacing: Replacing) -> Any:
        """Replace the model in a locked row; returns JSON for `restore`, None if it cannot."""
        outcome = self.outcome(row, part, replacing)
        if outcome is None:
            return None
        values = outcome.values | self.place(row, replacing)
        before = {name: getattr(row, name) for name in values}
        _write(row, values)
        return [before, values]

    def place(self, row: Any, replacing: Replacing) -> dict[str, Any]:
        """Return the values of further columns that the row needs beside those that are there."""
        return {}

    def restore(self, row: Any, state: Any) -> bool:
        """Undo a replacement; False if somebody has changed the row since."""
        before, after = state
        is_unchanged = all(getattr(row, name) == value for name, value in after.items())
        if is_unchanged:
            _write(row, before)
        return is_unchanged


def _write(row: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=[*values])
