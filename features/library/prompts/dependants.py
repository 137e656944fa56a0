"""The prompts that were used with a model."""

from __future__ import annotations

from typing import Any

from catalog.models import Endpoint
from features.library.models import Prompt, PromptRun
from runs.promises.dependants import Dependants


class UsedPrompts(Dependants):
    """Prompts that filled in a form of the model; they name none, so nothing in them changes."""

    name, label, model, movable = "prompt", "Prompt", Prompt, False

    def rows(self, endpoint: Endpoint, target: Endpoint | None) -> Any:
        used = PromptRun.objects.filter(run__endpoint=endpoint, run__deleted_at=None)
        return Prompt.objects.kept().filter(pk__in=used.values("prompt"))
