"""Puts the seed that a run used into the form of its model, and leaves the rest as it was."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from catalog.models import Endpoint
from core.http.parameters import parse_uuid
from playground.form import form_state
from playground.form.form_state import FormState
from playground.form.prefill.use_as import KEPT_MARKS, held_before
from runs.files.result_names import seed_of
from runs.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def fill(user: User, endpoint: Endpoint, key: str) -> FormState | None:
    """Return the user's current form of the model with the seed of the run `key`.

    None if the run is not there or not theirs to read, or if it tells no seed.
    """
    pk = parse_uuid(key)
    runs = Run.objects.readable_by(user).light("arguments", "output")
    run = runs.filter(pk=pk).first() if pk else None
    seed = seed_of(run) if run else ""
    if not seed:
        return None
    before = held_before(user, endpoint)
    fields = form_state.version_of(endpoint).root.children
    field = next((field for field in fields if field.is_seed), None)
    if field is None:
        return FormState(before, "This model takes no seed, so nothing was changed.")
    arguments = form_state.parse_form_leniently(endpoint, before).arguments
    filled = form_state.from_arguments(endpoint, {**arguments, field.name: int(seed)})
    marks = {mark: before[mark] for mark in KEPT_MARKS if mark in before}
    notice = f"The seed {seed} is kept. Everything else is as you had left it."
    return replace(filled, post={**filled.post, **marks}, notice=notice)
