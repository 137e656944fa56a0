"""The names of models, projects, people and other keys of spending, and the filters of an address.

Names of projects and people are shown only to users who may know them. A filter never widens what a
user sees: it is an additional condition to that of their scope.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib.auth.models import User
from django.db.models import Q

from catalog.models import Endpoint
from core.formatting import category_name
from features.spending.sums.question import By
from projects.models import Project
from projects.models.in_project import FORMER
from projects.models.project import PRIVATE
from runs.start.starting import Door

if TYPE_CHECKING:
    from features.spending.visibility import Scope

GONE = "~gone"  # the filter's value for deleted rows; no name begins like this
DOORS: Mapping[str, str] = {
    Door.PAGE: "Pages of models",
    Door.BOARD: "Boards",
    Door.FLOW: "Flows",
    Door.CHAT: "Chats",
    Door.CHECK: "Checks of models",
    Door.API: "API",
    Door.ASSISTANT: "Assistants",
}
COLUMNS: Mapping[By, str] = {
    By.MODEL: "endpoint_id",
    By.PROJECT: "project_id",
    By.PERSON: "user_id",
    By.CATEGORY: "endpoint__category",
    By.DOOR: "door",
}


class Label(NamedTuple):
    """The name of a row, the filter's value for it, a note that distinguishes it, a picture."""

    name: str
    value: str
    note: str = ""
    picture: str = ""


def labels(by: By, keys: Collection[Any], scope: Scope) -> dict[Any, Label]:
    """Return the labels of a column's values; one query at most."""
    return _LABELS[by](keys, scope)


def condition(by: By, value: str, scope: Scope) -> Q:
    """Return the condition of an address's filter; one query at most."""
    if by == By.DOOR:
        return Q(door="" if value == GONE else value)
    if by == By.CATEGORY:
        if value == GONE:
            return Q(endpoint=None) | Q(endpoint__endpoint_id=None)
        keys = Endpoint.objects.filter(category="" if value == "none" else value)
        return Q(endpoint_id__in=list(keys.values_list("pk", flat=True)))
    column, rows = COLUMNS[by], _ROWS[by]
    if value == GONE:
        # Few rows refer to deleted rows: a join would cost a look-up for all others.
        return Q(**{column: None}) | ~Q(**{f"{column}__in": rows(scope, None)})
    return Q(**{f"{column}__in": list(rows(scope, value))})


def of_filter(by: By, value: str, scope: Scope) -> str:
    """Return a filter's name if the user may know it, else the typed text."""
    if value == GONE:
        return _GONE[by]
    if by == By.DOOR:
        return DOORS.get(value, value)
    if by == By.CATEGORY:
        return category_name("" if value == "none" else value)
    keys = list(_ROWS[by](scope, value))
    if by == By.PROJECT and not scope.sees_all and not scope.projects & set(keys):
        return value
    if by == By.PERSON and not scope.sees_all and keys != [scope.user.pk]:
        return value
    return next((label.name for label in labels(by, keys, scope).values()), value)


def _models(keys: Collection[Any], scope: Scope) -> dict[Any, Label]:
    rows = Endpoint.objects.filter(pk__in=_known(keys)).select_related("picture")
    labels_by_key = {
        row.pk: Label(
            row.name, row.endpoint_id, row.endpoint_id, row.picture.small_src if row.picture else ""
        )
        for row in rows.only("pk", *Endpoint.NAMED_BY, "picture__small")
    }
    return _with_gone(By.MODEL, keys, labels_by_key)


def _projects(keys: Collection[Any], scope: Scope) -> dict[Any, Label]:
    rows = Project.objects.filter(pk__in=_known(keys)).select_related("person")
    return _with_gone(By.PROJECT, keys, {row.pk: _project(row, scope) for row in rows})


def _project(project: Project, scope: Scope) -> Label:
    if project.person_id == scope.user.pk:
        return Label("Private", PRIVATE)
    if project.person is not None:
        return Label(f"Private project of {_name(project.person)}", project.slug)
    if scope.sees_all or project.pk in scope.projects:
        return Label(project.name, project.slug)
    # The user still sees their own runs there, but only members see the project's name.
    return Label("A project that you have left", project.slug)


def _people(keys: Collection[Any], scope: Scope) -> dict[Any, Label]:
    rows = User.objects.filter(pk__in=_known(keys))
    labels_by_key = {row.pk: Label(_name(row), row.get_username()) for row in rows}
    return _with_gone(By.PERSON, keys, labels_by_key)


def _name(person: User) -> str:
    name = person.get_short_name() or person.get_username()
    return name if person.is_active else f"{name} ({FORMER})"


def _categories(keys: Collection[Any], scope: Scope) -> dict[Any, Label]:
    by_key = {key: Label(category_name(key), key or "none") for key in keys if key is not None}
    return _with_gone(By.CATEGORY, keys, by_key)


def _doors(keys: Collection[Any], scope: Scope) -> dict[Any, Label]:
    labels_by_key = {key: Label(DOORS.get(key, key), key) for key in keys if key}
    return _with_gone(By.DOOR, keys, labels_by_key)


def _known(keys: Iterable[Any]) -> list[Any]:
    return [key for key in keys if key is not None]


def _with_gone(by: By, keys: Iterable[Any], labels_by_key: dict[Any, Label]) -> dict[Any, Label]:
    return {key: labels_by_key.get(key) or Label(_GONE[by], GONE) for key in keys}


_GONE: Mapping[By, str] = {
    By.MODEL: "A model that is gone",
    By.PROJECT: "A project that is gone",
    By.PERSON: "Somebody who left",
    By.CATEGORY: "A model that is gone",
    By.DOOR: "Not recorded",
}
_LABELS: Mapping[By, Callable[[Collection[Any], Scope], dict[Any, Label]]] = {
    By.MODEL: _models,
    By.PROJECT: _projects,
    By.PERSON: _people,
    By.CATEGORY: _categories,
    By.DOOR: _doors,
}


def _project_keys(scope: Scope, value: str | None) -> Any:
    rows = Project.objects.values_list("pk", flat=True).order_by()
    if value is None:
        return rows
    return rows.filter(person=scope.user) if value == PRIVATE else rows.filter(slug=value)


def _person_keys(scope: Scope, value: str | None) -> Any:
    rows = User.objects.values_list("pk", flat=True).order_by()
    return rows if value is None else rows.filter(username=value)


def _model_keys(scope: Scope, value: str | None) -> Any:
    rows = Endpoint.objects.values_list("pk", flat=True).order_by()
    return rows if value is None else rows.filter(endpoint_id=value)


_ROWS: Mapping[By, Callable[[Scope, str | None], Any]] = {
    By.PROJECT: _project_keys,
    By.PERSON: _person_keys,
    By.MODEL: _model_keys,
}
