"""Saves prompts, their tags, and each former text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction

from core.refusals import Refused
from features.library.models import Prompt, PromptTag, PromptVersion

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from projects.models import Project

MAX_VERSIONS = 100  # of a prompt; the oldest are deleted


class Values(NamedTuple):
    """The fields of a prompt; `features/library/prompts/form.py` checks them."""

    name: str
    text: str
    folder: str = ""
    tags: tuple[str, ...] = ()


class PromptChanged(Refused):
    """Somebody has changed the prompt since its form was rendered."""

    field = "text"

    def __init__(self, version: PromptVersion) -> None:
        self.version = version
        author = (
            version.made_by.get_short_name() or version.made_by if version.made_by else "Somebody"
        )
        super().__init__(
            f"{author} has changed the text since you opened it. Save again to replace it: "
            "theirs stays among the versions."
        )


def create(
    user: User, project: Project, many: Sequence[Values], *, is_hidden: bool | None = False
) -> list[Prompt]:
    """Save all prompts in a project, or none. Raises Refused if it would hold too many."""
    Prompt.objects.require_room(project, len(many))
    with transaction.atomic():
        prompts = Prompt.objects.bulk_create(
            Prompt(
                user=user,
                project=project,
                is_hidden=bool(is_hidden),
                name=values.name,
                text=values.text,
                folder=values.folder,
            )
            for values in many
        )
        PromptTag.objects.bulk_create(
            PromptTag(prompt=prompt, name=tag)
            for prompt, values in zip(prompts, many, strict=True)
            for tag in values.tags
        )
        PromptVersion.objects.bulk_create(
            PromptVersion(prompt=prompt, text=prompt.text, made_by=user) for prompt in prompts
        )
    return prompts


def change(
    prompt: Prompt, values: Values, by: User, *, is_hidden: bool | None = None, seen: int | None
) -> None:
    """Save a prompt's values; a new text is a new version.

    If `is_hidden` is None, it stays unchanged. `seen` is the version that the form showed; raises
    PromptChanged if there is a newer one. If `seen` is None, that is not checked.
    """
    with transaction.atomic():
        locked = Prompt.objects.select_for_update().get(pk=prompt.pk)
        newest = PromptVersion.objects.filter(prompt=prompt).select_related("made_by").first()
        if seen is not None and newest and newest.pk != seen and values.text != locked.text:
            raise PromptChanged(newest)
        _write(locked, values, by, is_hidden)
    prompt.refresh_from_db()


def bring_back(prompt: Prompt, version: PromptVersion, by: User) -> None:
    """Give a prompt the text of an earlier version, as its newest one."""
    with transaction.atomic():
        locked = Prompt.objects.select_for_update().get(pk=prompt.pk)
        _set_text(locked, version.text, by)
        locked.save(update_fields=["text", "changed_at"])
    prompt.refresh_from_db()


def _write(locked: Prompt, values: Values, by: User, is_hidden: bool | None) -> None:
    _set_text(locked, values.text, by)
    locked.name, locked.folder = values.name, values.folder
    if is_hidden is not None:
        locked.is_hidden = is_hidden
    locked.save()
    locked.tags.exclude(name__in=values.tags).delete()
    PromptTag.objects.bulk_create(
        (PromptTag(prompt=locked, name=tag) for tag in values.tags), ignore_conflicts=True
    )


def _set_text(locked: Prompt, text: str, by: User) -> None:
    if locked.text == text:
        return
    locked.text = text
    versions = PromptVersion.objects.filter(prompt=locked)
    versions.create(prompt=locked, text=text, made_by=by)
    oldest = versions.values_list("pk", flat=True)[MAX_VERSIONS:]
    versions.filter(pk__in=list(oldest)).delete()
