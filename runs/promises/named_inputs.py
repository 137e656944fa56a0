"""Replaces names such as `@bottle` in arguments before a run is validated, priced and sent.

Apps know the names (`Lifecycle.name_resolver`). Forms and plans resolve names before they validate,
since a name may fill a required field; other texts that people write are resolved when their run
starts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from runs.promises.lifecycle import Lifecycle
from runs.promises.registry import registered
from schemas.form.decode import Problem

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from catalog.models import Endpoint
    from projects.models import Project

SIGN = "@"


class NamedInput(NamedTuple):
    """What a model gets of a name, in words such as `@bottle: 3 of 5 pictures`."""

    words: str
    is_whole: bool = True  # nothing is left out


@dataclass(frozen=True)
class ResolvedArguments:
    """Arguments with names replaced, and problems with fields whose name is unknown."""

    arguments: dict[str, Any]
    named: tuple[NamedInput, ...] = ()
    problems: tuple[Problem, ...] = ()


class OfferedName(NamedTuple):
    """A thing that arguments may mention: its `@name`, its description, its picture's address."""

    mention: str
    title: str
    picture: str = ""


NameResolver = Callable[["Endpoint", dict[str, Any]], ResolvedArguments]


def resolver(user: User, project: Project) -> NameResolver:
    """Return a function that resolves names in arguments of runs the user starts in the project.

    Reuse it for several arguments: it queries the database once for each name.
    """
    owner_resolvers = (owner.name_resolver(user, project) for owner in registered(Lifecycle))
    resolvers = [owner_resolver for owner_resolver in owner_resolvers if owner_resolver]

    def resolve(endpoint: Endpoint, arguments: dict[str, Any]) -> ResolvedArguments:
        resolved = ResolvedArguments(arguments)
        for resolve_names in resolvers if has_sign(arguments) else ():
            step = resolve_names(endpoint, resolved.arguments)
            resolved = ResolvedArguments(
                step.arguments,
                (*resolved.named, *step.named),
                (*resolved.problems, *step.problems),
            )
        return resolved

    return resolve


def offered(user: User, project: Project) -> list[OfferedName]:
    """Return what the user may mention in runs that they start in the project, from all apps."""
    return [
        offer for owner in registered(Lifecycle) for offer in owner.names_offered(user, project)
    ]


def unresolved(endpoint: Endpoint, arguments: dict[str, Any]) -> ResolvedArguments:
    """Return the arguments unchanged, with names as they are written."""
    return ResolvedArguments(arguments)


def has_sign(value: Any) -> bool:
    """Whether any string in the JSON value can contain an `@name`."""
    if isinstance(value, str):
        return SIGN in value
    if isinstance(value, dict):
        return any(map(has_sign, value.values()))
    return isinstance(value, list) and any(map(has_sign, value))
