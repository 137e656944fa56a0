"""Names in arguments: what `@bottle` stands for, put in before a run is validated, priced and sent.

Apps know the names (`RunOwner.name_resolver`). Forms and plans resolve before they validate, since
a name may be what fills a required field; whatever else a person has written is resolved where its
run starts. What a run has got of each thing is recorded with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from runs.promises import owners
from schemas.form.decode import Problem

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from catalog.models import Endpoint
    from projects.models import Project

SIGN = "@"


@dataclass(frozen=True)
class NamedInput:
    """A named thing in arguments: what the model got of it, in words, and whether that is all.

    `owner` is the app's kind of thing, `key` and `version` are the app's.
    """

    owner: str
    key: str
    version: int
    words: str
    is_whole: bool = True


@dataclass(frozen=True)
class Resolved:
    """Arguments without names, and problems with fields whose name stands for nothing."""

    arguments: dict[str, Any]
    named: tuple[NamedInput, ...] = ()
    problems: tuple[Problem, ...] = ()


class Offered(NamedTuple):
    """A thing that arguments may mention: its `@name`, what it is, and its picture's address."""

    mention: str
    title: str
    picture: str = ""


NameResolver = Callable[["Endpoint", dict[str, Any]], Resolved]


def resolver(user: User, project: Project) -> NameResolver:
    """Return what resolves the names in arguments of runs that the user begins in the project.

    Keep it for several arguments: it asks the database once for each name.
    """
    listed = (owner.name_resolver(user, project) for owner in owners.registered())
    resolvers = [one for one in listed if one]

    def resolve(endpoint: Endpoint, arguments: dict[str, Any]) -> Resolved:
        resolved = Resolved(arguments)
        for one in resolvers if has_sign(arguments) else ():
            step = one(endpoint, resolved.arguments)
            resolved = Resolved(
                step.arguments,
                (*resolved.named, *step.named),
                (*resolved.problems, *step.problems),
            )
        return resolved

    return resolve


def offered(user: User, project: Project) -> list[Offered]:
    """Return what the user may mention in runs that they begin in the project, of all apps."""
    return [one for owner in owners.registered() for one in owner.names_offered(user, project)]


def unresolved(endpoint: Endpoint, arguments: dict[str, Any]) -> Resolved:
    """Resolve nothing: what is written stays as it is."""
    return Resolved(arguments)


def has_sign(value: Any) -> bool:
    """Whether a text in a JSON value may have a name in it."""
    if isinstance(value, str):
        return SIGN in value
    if isinstance(value, dict):
        return any(map(has_sign, value.values()))
    return isinstance(value, list) and any(map(has_sign, value))
