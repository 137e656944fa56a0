"""The fields of a conversation's second model, below the first model's in the composer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from catalog.models import Endpoint
from features.chats.talk.shape import shape_of
from runs.files.own_addresses import tidy_addresses
from schemas import Field, Problem, decode_post, encode_arguments
from schemas.carry import carry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.chats.models import Chat

Post = dict[str, list[str]]
NAME = "second-model"  # prefix of its controls' names: no model has a field of this name


def settings_of(
    chat: Chat, post: Post, first: dict[str, Any]
) -> tuple[dict[str, Any], list[Problem]]:
    """Return the settings that a post encodes, and problems with unreadable ones.

    If the post has none of its controls, return its former settings in this chat, and those of the
    `first` model's settings that it accepts.
    """
    root = root_of(chat)
    if root is None:
        return {}, []
    parsed = decode_post(root, with_fields(chat, post, first))
    return tidy_addresses(parsed.arguments.get(NAME) or {}), parsed.problems


def with_fields(chat: Chat, post: Mapping[str, list[str]], first: dict[str, Any]) -> Post:
    """Return the post, with the second model's controls filled in if it has none of them."""
    root = root_of(chat)
    if root is None or chat.second is None or any(_is_own(name) for name in post):
        return dict(post)
    before = chat.turns.filter(endpoint=chat.second).order_by("-pk").first()
    settings = (before.settings if before else {}) | carried_settings(
        first, chat.endpoint, chat.second
    )
    return dict(post) | encode_arguments(root, {NAME: settings})


def without_fields(post: Mapping[str, list[str]]) -> Post:
    """Return the post without the controls of a second model that was removed or replaced."""
    return {name: texts for name, texts in post.items() if not _is_own(name)}


def _is_own(control: str) -> bool:
    return control.partition("~")[0].partition(".")[0] == NAME


def at_its_field(problem: Problem) -> Problem:
    """Return a problem with the second model's arguments at its field in the composer."""
    return Problem((NAME, *problem.path), problem.message)


def root_of(chat: Chat) -> Field | None:
    """Return the second model's form as one field named NAME; None if there is no second model."""
    shape = shape_of(chat.second) if chat.second else None
    if shape is None or not shape.rest.children:
        return None
    return replace(shape.rest, children=(replace(shape.rest, name=NAME, label=""),))


def with_second(chat: Chat, first: Field) -> Field:
    """Return the first model's form including the second one's fields, for posted files."""
    root = root_of(chat)
    return replace(first, children=(*first.children, *root.children)) if root else first


def carried_settings(
    arguments: dict[str, Any], source: Endpoint, target: Endpoint
) -> dict[str, Any]:
    """Return a turn's settings that another model accepts, such as pictures and temperature."""
    before, after = shape_of(source), shape_of(target)
    if before is None or after is None:
        return {}
    carried = carry(arguments, before.version, after.version).arguments
    field_names = {child.name for child in after.rest.children}
    return {name: value for name, value in carried.items() if name in field_names}
