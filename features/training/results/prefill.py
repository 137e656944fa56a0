"""Fills weights into a model's form, with their trigger word in its prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from core.http.parameters import parse_uuid
from features.training.data.trigger import has_trigger, prefixed
from features.training.models import Weights
from playground.form import form_state
from playground.form.form_state import FormState
from playground.form.prefill import use_as
from schemas.uses.inputs import inputs_of
from schemas.uses.placing import place, values_at

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def fill(user: User, endpoint: Endpoint, key: str) -> FormState | None:
    """Return the user's current form with weights in it; `key` is `<weights>/<path>`."""
    first, _, path = key.partition("/")
    pk = parse_uuid(first)
    seen = Weights.objects.kept().shown_to(user).select_related("training")
    row = seen.filter(pk=pk).first() if pk else None
    if row is None:
        return None
    filled = use_as.fill(user, endpoint, f"{row.training_id}/a{row.position}/{path}")
    word = row.training.trigger_word
    return _with_word(endpoint, filled, word) if filled and word else filled


def _with_word(endpoint: Endpoint, filled: FormState, word: str) -> FormState:
    """Prefix the main prompt with the trigger word unless it contains the word."""
    root = version_of(endpoint).root
    prompt = next((field.path for field in inputs_of(root) if field.role == "prompt"), "")
    arguments = form_state.parse_form_leniently(endpoint, filled.post).arguments
    texts = [text for text in values_at(arguments, prompt) if isinstance(text, str)]
    text = texts[0] if texts else ""
    if not prompt or has_trigger(text, word):
        return filled
    arguments = place(root, arguments, prompt, prefixed(text, word))
    marks = {key: value for key, value in filled.post.items() if key == form_state.HOUSE}
    placed = form_state.from_arguments(endpoint, arguments)
    message = f"{filled.notice} The prompt begins with “{word}”, their trigger word."
    return FormState({**placed.post, **marks}, message)
