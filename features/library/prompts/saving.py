"""Saves prompts and their tags."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction

from core.formatting import shorten
from core.refusals import Refused
from features.library.models import Prompt, PromptTag

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from projects.models import Project

MAX_CHARS_TOLD = 400


class Values(NamedTuple):
    """The fields of a prompt; `features/library/prompts/form.py` checks them."""

    name: str
    text: str
    folder: str = ""
    tags: tuple[str, ...] = ()


class PromptChanged(Refused):
    """Somebody has changed the prompt since its form was rendered, to `text`."""

    field = "text"

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(
            "Somebody has changed the text since you opened it. Save again to replace theirs: "
            f"“{shorten(text, MAX_CHARS_TOLD)}”"
        )


def create(user: User, project: Project, values: Values, *, is_hidden: bool = False) -> Prompt:
    """Save a prompt in a project. Raises Refused if it would hold too many."""
    Prompt.objects.require_room(project)
    prompt = Prompt(user=user, project=project, is_hidden=is_hidden)
    with transaction.atomic():
        _write(prompt, values)
    return prompt


def change(prompt: Prompt, values: Values, *, is_hidden: bool | None = None, seen: str) -> None:
    """Save a prompt's values.

    If `is_hidden` is None, it stays unchanged. `seen` is the digest of the text that the form
    showed; raises PromptChanged if the text is another one by now. If it is empty, that is not
    checked.
    """
    with transaction.atomic():
        locked = Prompt.objects.select_for_update().get(pk=prompt.pk)
        if seen and seen != digest_of(locked.text) and values.text != locked.text:
            raise PromptChanged(locked.text)
        if is_hidden is not None:
            locked.is_hidden = is_hidden
        _write(locked, values)
    prompt.refresh_from_db()


def digest_of(text: str) -> str:
    """Return a digest of the text that a form shows, to compare when it is saved."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _write(prompt: Prompt, values: Values) -> None:
    prompt.name, prompt.text, prompt.folder = values.name, values.text, values.folder
    prompt.save()
    prompt.tags.exclude(name__in=values.tags).delete()
    PromptTag.objects.bulk_create(
        (PromptTag(prompt=prompt, name=tag) for tag in values.tags), ignore_conflicts=True
    )
