"""The indexed document of a run: the words of its texts, and marks for its other facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from features.library import full_text
from features.library.search.kinds import as_bits
from runs.costs import known_costs
from runs.models import Run
from runs.results.outputs import artifacts_in
from schemas.artifacts import artifacts

ALL = full_text.mark("all")  # in every document: negated searches need a mark that matches
OUT, IN, SEED, PROJECT, USER = "out", "in", "seed", "project", "user"
USED = full_text.mark("used")  # by another run, also one hidden from the reader
MOST_TEXTS, MOST_DEPTH = 200, 8
_OURS = "https://ours"  # before our own addresses, so that they are read as files


class Document(NamedTuple):
    """A run's document, the bits of the kinds of its results, and its cost."""

    words: str
    kinds: int
    cost: Decimal | None


def document_of(run: Run, *, is_used: bool = False) -> Document:
    """Return the document to index for a run; its endpoint should be loaded.

    `is_used` says that another run has one of its results as input.
    """
    results = artifacts_in(run.output) if run.output is not None else []
    kinds = {result.kind for result in results}
    inputs = _input_kinds(run)
    seeds = {seed for value in (run.arguments, run.output) if (seed := _seed(value)) is not None}
    marks = [
        ALL,
        *([USED] if is_used else []),
        full_text.mark(PROJECT, run.project_id),
        full_text.mark(USER, run.user_id),
        *(full_text.mark(OUT, kind) for kind in sorted(kinds)),
        *(full_text.mark(IN, kind) for kind in sorted(inputs)),
        *(full_text.mark(SEED, seed) for seed in sorted(seeds)),
    ]
    texts = [text for text in strings(run.arguments) if not _is_inline(text)][:MOST_TEXTS]
    if not any(run.title in text for text in texts):
        texts.insert(0, run.title)
    texts += [result.text or result.file_name for result in results[:MOST_TEXTS]]
    figure = known_costs.paid(run)
    cost = figure.amount if figure else None
    return Document(full_text.document(marks, texts), as_bits(kinds), cost)


def strings(value: Any, depth: int = 0) -> Iterator[str]:
    """Yield the texts in a JSON value, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list) and depth < MOST_DEPTH:
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item, depth + 1)


def _is_inline(text: str) -> bool:
    return text[:5].lower() == "data:"


def _input_kinds(run: Run) -> set[str]:
    files = artifacts(
        _with_whole_addresses(run.arguments), is_media=lambda url: url.startswith(_OURS)
    )
    kinds = {file.kind for file in files if file.url}
    return kinds | {"text"} if run.title else kinds


def _with_whole_addresses(value: Any) -> Any:
    if isinstance(value, str):
        return _OURS + value if value.startswith(("/uploads/", "/runs/")) else value
    if isinstance(value, dict):
        return {key: _with_whole_addresses(child) for key, child in value.items()}
    return [_with_whole_addresses(child) for child in value] if isinstance(value, list) else value


def _seed(value: Any) -> int | None:
    seed = value.get("seed") if isinstance(value, dict) else None
    if not isinstance(seed, int) or isinstance(seed, bool):
        return None
    return seed if abs(seed) < 10**20 else None


def clauses_in(run: Run, clauses: Sequence[full_text.Clause]) -> bool:
    """Return True if a run that is not indexed yet matches the clauses."""
    return full_text.holds(clauses, document_of(run).words)
