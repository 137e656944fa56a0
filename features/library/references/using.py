"""Uses a reference in a model's form: its mention, and the form filled in with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from django.utils.http import urlencode

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from core.http.parameters import parse_uuid
from features.library.models import Reference
from playground.form import form_state
from playground.form.form_state import FormState
from playground.form.prefill.use_as import held_before
from projects import current
from runs.promises.named_inputs import OfferedName
from schemas.meanings import by_meaning
from schemas.uses.inputs import ROW, Input, inputs_of
from schemas.uses.mentions import OWN
from schemas.uses.placing import place

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from projects.models import Project

MAX_FIELD_CHARS = 200
MAX_OFFERED = 60
_KEPT_MARKS = (form_state.HOUSE, form_state.ORIGIN)


def mentions_of(rows: Iterable[Reference], user: User) -> Iterator[tuple[Reference, str]]:
    """Yield references with their mentions: `@bottle`, or `@me/bottle` for a second one.

    `rows` are in the order of `offered_in`. References that no text can mention are left out.
    """
    used_mentions = set()
    for row in rows:
        is_own = row.user_id == user.pk
        for mention in (row.key, f"{OWN}{row.key}" if is_own else row.key):
            if mention not in used_mentions:
                used_mentions.add(mention)
                prefix = OWN if mention != row.key else ""
                yield row, f"@{prefix}{row.name}"
                break


def offered(user: User, project: Project) -> list[OfferedName]:
    """Return the references that a page lists at once, as a plan does for its rows."""
    rows = Reference.objects.offered_in(project, user)[:MAX_OFFERED]
    return [
        OfferedName(mention, row.get_kind_display(), row.cover)
        for row, mention in mentions_of(rows, user)
    ]


def mention_of(reference: Reference, user: User, project: Project) -> str:
    """Return the mention of a reference in a project; empty if it is not offered there."""
    rows = Reference.objects.offered_in(project, user).filter(key=reference.key)
    return next((text for row, text in mentions_of(rows, user) if row.pk == reference.pk), "")


def fill(user: User, endpoint: Endpoint, key: str) -> FormState | None:
    """Return the user's current form of the model with a reference in it.

    `key` is `<reference>/<control>`; without a control, the reference goes into the prompt. None
    if there is no such reference.
    """
    first, _, control = key.partition("/")
    pk = parse_uuid(first)
    reference = Reference.objects.kept().shown_to(user).filter(pk=pk).first() if pk else None
    if reference is None:
        return None
    before = held_before(user, endpoint)
    project = current.chosen(user)
    mention = mention_of(reference, user, project)
    if not mention:
        return FormState(
            before, f"{reference} belongs to another project: switch to that project to use it."
        )
    root = version_of(endpoint).root
    arguments = form_state.parse_form_leniently(endpoint, before).arguments
    taker = _taker(endpoint, control)
    prompt = by_meaning(root.children).get("prompt")
    if taker:
        arguments = place(root, arguments, taker.path, mention)
    elif prompt:
        text = arguments.get(prompt.name)
        text = text.rstrip() if isinstance(text, str) else ""
        arguments = arguments | {prompt.name: f"{text} {mention}".strip()}
    else:
        return FormState(before, f"{endpoint.name} takes neither pictures nor a prompt.")
    marks = {mark: before[mark] for mark in _KEPT_MARKS if mark in before}
    form = form_state.from_arguments(endpoint, arguments)
    return replace(form, post={**form.post, **marks}, notice=f"{mention} is filled in.")


def _taker(endpoint: Endpoint, control: str) -> Input | None:
    """Return the input for pictures with a form's control such as `image_urls.0`."""
    path = ".".join(ROW if part.isdecimal() else part for part in control.split("."))
    inputs = inputs_of(version_of(endpoint).root)
    return next(
        (item for item in inputs if item.kind == "image" and item.path in (path, f"{path}.{ROW}")),
        None,
    )


def address_in(
    endpoint: Endpoint, reference: Reference, project: Project, control: str = ""
) -> str:
    """Return the address of a model's form with the reference in one of its controls."""
    key = f"{reference.pk}/{control[:MAX_FIELD_CHARS]}".rstrip("/")
    query = urlencode({"reference": key, current.PARAMETER: project.key})
    return f"{endpoint.get_absolute_url()}?{query}"
