"""Measures the quality of search results.

nDCG@10 and success@3 over queries with relevance judgements (`judged.txt`). A query's intended
models have gain 2, equally useful ones gain 1. A query succeeds if an intended model is among the
first three.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

JUDGED = Path(__file__).with_name("judged.txt")
DEPTH, SUCCESS = 10, 3


@dataclass(frozen=True)
class Judged:
    """A query with its intended models and equally useful ones, as patterns of endpoint ids."""

    catalogue: str
    typed: str
    meant: tuple[str, ...]
    fitting: tuple[str, ...]
    is_aside: bool

    def gain(self, endpoint_id: str) -> int:
        """Return a model's relevance for the query: 2, 1 or 0."""
        if any(fnmatchcase(endpoint_id, pattern) for pattern in self.meant):
            return 2
        return int(any(fnmatchcase(endpoint_id, pattern) for pattern in self.fitting))


@dataclass(frozen=True)
class Score:
    """The scores of one query's results."""

    question: Judged
    ndcg: float
    is_success: bool


def questions() -> list[Judged]:
    """Return all judged queries, in the order of the file."""
    lines = [line for line in JUDGED.read_text().splitlines() if line and not line.startswith("#")]
    judged = []
    for number, line in enumerate(lines):
        catalogue, typed, meant, fitting = (part.strip() for part in line.split(" |", 3))
        judged.append(Judged(catalogue, typed, _ids(meant), _ids(fitting), number % 3 == 2))
    return judged


def score(question: Judged, answer: Sequence[str], catalogue: Iterable[str]) -> Score:
    """Return the scores of results (ids, best first), given all ids of the catalogue."""
    gains = [question.gain(endpoint_id) for endpoint_id in answer[:DEPTH]]
    ideal = sorted(map(question.gain, catalogue), reverse=True)[:DEPTH]
    return Score(question, _dcg(gains) / _dcg(ideal), 2 in gains[:SUCCESS])


def judge(
    answer: Callable[[str], Sequence[str]], catalogue: str, ids: Iterable[str]
) -> list[Score]:
    """Return the scores of `answer` for every query of a catalogue."""
    ids = list(ids)
    return [score(q, answer(q.typed), ids) for q in questions() if q.catalogue == catalogue]


def mean(scores: Sequence[Score]) -> tuple[float, float]:
    """Return the mean nDCG@10 and success@3."""
    ndcg = sum(score.ndcg for score in scores) / len(scores)
    return ndcg, sum(score.is_success for score in scores) / len(scores)


def _dcg(gains: Iterable[int]) -> float:
    return math.fsum((2**gain - 1) / math.log2(place + 2) for place, gain in enumerate(gains))


def _ids(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())
