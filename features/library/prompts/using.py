"""Uses a prompt: fills in its groups, counts and prices the results, and fills in a form.

The form carries the prompt's mark to Run, so that the runs made from a prompt are recorded.

"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from core.http.parameters import parse_uuid
from core.refusals import Refused
from fal.db_safe import db_safe_text
from features.library.models import Prompt, PromptRun
from features.library.prompts import expansion, grammar
from features.library.prompts.grammar import Slot
from playground.form import form_state
from playground.form.form_state import FormState
from playground.form.prefill.use_as import held_before
from projects.models import Project
from runs.costs.cost import estimate_runs
from runs.models import Run
from schemas.exact import dumps
from schemas.meanings import by_meaning

if TYPE_CHECKING:
    from django.contrib.auth.models import User

KIND = "prompt"
LATEST_RUNS = 12
MAX_VALUE_CHARS = 2000
SLOT, EACH = "v.", ""  # prefix of a group's control; the empty value makes all alternatives
MAX_ID_CHARS = 255


@dataclass(frozen=True)
class SlotControl:
    """A group as a control of the form: its value and its error."""

    slot: Slot
    value: str = EACH
    error: str = ""

    @property
    def name(self) -> str:
        """Return the control's name."""
        return f"{SLOT}{self.slot.key}"


@dataclass(frozen=True)
class Use:
    """The prompts made from a prompt and the typed values."""

    prompt: Prompt
    controls: list[SlotControl]
    number: int
    texts: list[str] = field(default_factory=list)
    refusal: str = ""  # why there are no texts although no value is missing

    @property
    def number_in_words(self) -> str:
        """Return how many prompts it makes: `12`, `more than 10^20`."""
        return expansion.in_words(self.number)

    @property
    def origin(self) -> str:
        """Return the mark of the prompt, for a form that it fills in."""
        return f"{KIND}:{self.prompt.pk}"

    @property
    def query(self) -> str:
        """Return the values as part of an address, as `read` takes them."""
        return urlencode({item.name: item.value for item in self.controls if item.value})


@dataclass(frozen=True)
class Target:
    """The field of a model that takes the prompts, and the cost of running all of them."""

    endpoint: Endpoint
    field: str  # empty: the model takes no prompt
    price: str = ""
    rows: str = ""  # a board's table, JSON
    address: str = ""  # of the model's page with a single prompt filled in


def read(prompt: Prompt, query: QueryDict, *, is_asking: bool = True) -> Use:
    """Use a prompt with the values in a query: `v.<group>`.

    With `is_asking`, a variable without a value is an error; else it stays as it was written.
    """
    template = grammar.parse(prompt.text)
    controls = [
        _control(slot, query.get(f"{SLOT}{slot.key}", ""), is_asking) for slot in template.slots
    ]
    values = {control.slot.key: control.value for control in controls if control.value}
    use = Use(prompt, controls, expansion.count(template, values))
    if any(control.error for control in controls):
        return use
    try:
        return replace(use, texts=expansion.expand(template, values))
    except Refused as refusal:
        return replace(use, refusal=str(refusal))


def target(use: Use, endpoint: Endpoint, name: str, project: Project) -> Target:
    """Return the field for the prompts, and their price; `name` names a text field or is empty."""
    place = _field(endpoint, name)
    if not place or not use.texts:
        return Target(endpoint, place)
    inputs = [(endpoint, {place: text}) for text in use.texts]
    first, *other_estimates = estimate_runs(inputs)
    total = sum(other_estimates, start=first)
    if len(use.texts) > 1:
        rows = dumps([arguments for _, arguments in inputs], indent=None)
        return Target(endpoint, place, total.page_label, rows=rows)
    fields = {"field": name} if name else {}
    key = f"{use.prompt.pk}?{use.query}&{urlencode(fields)}".rstrip("?&")
    query_string = urlencode({KIND: key, "project": project.key})
    page = reverse("playground:endpoint", args=[endpoint.endpoint_id])
    return Target(endpoint, place, total.page_label, address=f"{page}?{query_string}")


def endpoint_named(text: str) -> Endpoint | None:
    """Return the model with this id."""
    name = db_safe_text(text).strip()[:MAX_ID_CHARS]
    return Endpoint.objects.filter(endpoint_id=name).first() if name else None


def one_text(prompt: Prompt, posted: Mapping[str, Sequence[str]]) -> str:
    """Return the text for a field: the first, if the prompt makes several.

    `posted` has the controls of the variables. Raises Refused.
    """
    template = grammar.parse(prompt.text)
    values: Mapping[str, str] = {
        slot.key: _control(slot, posted.get(f"{SLOT}{slot.key}", [""])[-1], False).value
        or (slot.options[0] if slot.options else f"{{{slot.name}}}")
        for slot in template.slots
    }
    return expansion.expand(template, values)[0]


def slots_to_fill(prompt: Prompt) -> list[Slot]:
    """Return the groups whose values a user enters before the prompt goes into a field."""
    return grammar.parse(prompt.text).slots


def fill(user: User, endpoint: Endpoint, key: str) -> FormState | None:
    """Return the user's current form of the model with a prompt in it.

    `key` is `<prompt>?<values>`, as `target` writes it. None if there is no such prompt.
    """
    first, _, query_text = key.partition("?")
    pk = parse_uuid(first)
    prompt = Prompt.objects.kept().shown_to(user).filter(pk=pk).first() if pk else None
    if prompt is None:
        return None
    query = QueryDict(query_text)
    use = read(prompt, query, is_asking=False)
    place = _field(endpoint, query.get("field", ""))
    before = held_before(user, endpoint)
    if not place:
        return FormState(before, f"{endpoint.name} takes no prompt.")
    if not use.texts:
        return FormState(before, use.refusal)
    arguments = form_state.parse_form_leniently(endpoint, before).arguments
    form = form_state.from_arguments(endpoint, {**arguments, place: use.texts[0]})
    marks = {form_state.ORIGIN: [use.origin]}
    if form_state.HOUSE in before:
        marks[form_state.HOUSE] = before[form_state.HOUSE]
    return replace(form, post={**form.post, **marks}, notice=f"“{prompt.name}” is filled in.")


def _control(slot: Slot, typed_value: str, is_asking: bool) -> SlotControl:
    value = db_safe_text(typed_value).strip()
    if len(value) > MAX_VALUE_CHARS:
        error = f"This has {len(value):,} characters; the most is {MAX_VALUE_CHARS:,}."
        return SlotControl(slot, value[:MAX_VALUE_CHARS], error)
    if not value and not slot.options and is_asking:
        return SlotControl(slot, "", f"Write a value for “{slot.name}”.")
    return SlotControl(slot, value)


def _field(endpoint: Endpoint, name: str) -> str:
    """Return the name of the field that takes a prompt: the named one, else the main prompt."""
    children = version_of(endpoint).root.children
    named_field = next((child for child in children if child.name == name and child.is_text), None)
    prompt_field = named_field or by_meaning(children).get("prompt")
    return prompt_field.name if prompt_field else ""


def record_runs(user: User, origins: Mapping[Run, Iterable[str]]) -> None:
    """Record the prompts among the origins of a user's runs, if the user sees them."""
    keys_by_run = {run: _keys(texts) for run, texts in origins.items()}
    keys = {key for run_keys in keys_by_run.values() for key in run_keys}
    if not keys:
        return
    visible_prompts = Prompt.objects.kept().shown_to(user).in_bulk(keys)
    PromptRun.objects.bulk_create(
        PromptRun(prompt=visible_prompts[key], run=run)
        for run, run_keys in keys_by_run.items()
        for key in run_keys & visible_prompts.keys()
    )


def _keys(origins: Iterable[str]) -> set[uuid.UUID]:
    parts = (text.partition(":") for text in origins)
    return {pk for kind, _, key in parts if kind == KIND and (pk := parse_uuid(key))}


def latest_runs(user: User, prompt: Prompt) -> Sequence[Run]:
    """Return the latest runs of the user's projects that were made from a prompt."""
    of_prompt = PromptRun.objects.filter(prompt=prompt).values("run")
    runs = Run.objects.kept().shown_to(user).filter(pk__in=of_prompt)
    return list(runs.recent()[:LATEST_RUNS])
