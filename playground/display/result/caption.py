"""The caption of a result: its prompt, seed and cost.

The form next to it may have changed since the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catalog.schema_versions import version_of
from fal.db_safe import db_safe_text
from runs.costs import known_costs
from runs.models import Run
from schemas.estimate.wording import nobody_pays
from schemas.meanings import by_meaning

MAX_PROMPT_CHARS = 4000  # the input's JSON has all of it
MAX_SEED_BITS = 256
NOUNS = {
    "out:audio": "The sound",
    "out:text": "The text",
    "out:data": "The data",
    "out:image": "The picture",
    "out:video": "The film",
    "out:3d": "The 3D model",
}
UNKNOWN = "cost not reported"


def prompt_of(run: Run) -> str:
    """Return the run's prompt; its title for a model without a prompt."""
    field = by_meaning(version_of(run.endpoint).root.children).get("prompt")
    is_named = field is not None and isinstance(run.arguments, dict)
    text: Any = run.arguments.get(field.name) if field and is_named else None
    if isinstance(text, str) and text.strip():
        return db_safe_text(text[:MAX_PROMPT_CHARS])
    return run.title


def requested_seed(run: Run) -> str:
    """Return the seed in the arguments, used until the output names the actual one.

    It is text, as it may exceed the range of JavaScript's numbers; empty without a seed.
    """
    seed: Any = run.arguments.get("seed") if isinstance(run.arguments, dict) else None
    if not isinstance(seed, int) or isinstance(seed, bool):
        return ""
    return str(seed) if seed.bit_length() <= MAX_SEED_BITS else ""


def coming(run: Run) -> str:
    """Return what a run makes, as the beginning of a sentence: `The sound`."""
    output_nouns = (NOUNS[fact] for fact in run.endpoint.facts if fact in NOUNS)
    return next(output_nouns, "The result")


def billed(run: Run) -> str:
    """Return what a result has cost: `≈ $0.12 · 2 images`; empty unless the run succeeded.

    The sum uses the price at the run's start, or is upstream's bill: `$0.10 billed by fal`.
    """
    if run.state != Run.State.SUCCEEDED:
        return ""
    cost = known_costs.in_words(run)
    if nobody_pays():
        return cost
    return "free" if run.endpoint.unit_price_usd == 0 else cost or UNKNOWN


def billed_together(runs: Sequence[Run]) -> str:
    """Return the total cost of ended runs of one model; empty while one is in progress."""
    if not all(run.is_final for run in runs):
        return ""
    return known_costs.together(runs)
