"""Records which runs were made from a prompt: the form carries the prompt's mark to Run."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from core.http.parameters import parse_uuid
from features.library.models import Prompt, PromptRun
from runs.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User

KIND = "prompt"
LATEST = 12


def mark(prompt: Prompt) -> str:
    """Return the mark that a form carries if this prompt has filled it in."""
    return f"{KIND}:{prompt.pk}"


def record(user: User, origins: Mapping[Run, Iterable[str]]) -> None:
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
    return list(runs.recent("output")[:LATEST])
