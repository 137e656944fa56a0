"""Fills a model's form with a series: its mention in a field for pictures, or in the prompt."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.utils.http import urlencode

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from core.http.parameters import parse_uuid
from features.library.models import Series
from features.library.series.mentions import mention_of
from playground.form import form_state
from playground.form.form_state import FormState
from playground.form.prefill.use_as import held_before
from projects import current
from schemas.meanings import by_meaning
from schemas.uses.inputs import ROW, Input, inputs_of
from schemas.uses.placing import place

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from projects.models import Project

KIND = "series"
MAX_FIELD_CHARS = 200
_KEPT_MARKS = (form_state.HOUSE, form_state.ORIGIN)


def fill(user: User, endpoint: Endpoint, key: str) -> FormState | None:
    """Return the user's current form of the model with a series in it.

    `key` is `<series>/<control>`; without a control, the series goes into the prompt. None if
    there is no such series.
    """
    first, _, control = key.partition("/")
    pk = parse_uuid(first)
    series = Series.objects.kept().shown_to(user).filter(pk=pk).first() if pk else None
    if series is None:
        return None
    before = held_before(user, endpoint)
    mention = mention_of(series, user, current.chosen(user)) if series.mention else ""
    if not series.mention:
        return FormState(before, f"“{series}” has no name for prompts: give it one on its page.")
    if not mention:
        return FormState(
            before, f"“{series}” belongs to another project: switch to that project to use it."
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


def address_in(endpoint: Endpoint, series: Series, project: Project, control: str = "") -> str:
    """Return the address of a model's form with the series in one of its controls."""
    key = f"{series.pk}/{control[:MAX_FIELD_CHARS]}".rstrip("/")
    query = urlencode({KIND: key, current.PARAMETER: project.key})
    return f"{endpoint.get_absolute_url()}?{query}"
