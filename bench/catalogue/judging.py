"""How well search finds what people mean.

nDCG@10 and success@3 over the judged questions (`judged.txt`).

A question's models count 2, what serves as well 1. Success: one of the models meant is among the
first three.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

JUDGED = Path(__file__).with_name("judged.txt")
DEPTH, SUCCESS = 10, 3


@dataclass(frozen=True)
class Judged:
    """One question with the models meant and those that serve as well, as patterns of ids."""

    catalogue: str
    typed: str
    meant: tuple[str, ...]
    fitting: tuple[str, ...]
    is_aside: bool

    def gain(self, endpoint_id: str) -> int:
        """What a model is worth as an answer."""
        if any(fnmatchcase(endpoint_id, pattern) for pattern in self.meant):
            return 2
        return int(any(fnmatchcase(endpoint_id, pattern) for pattern in self.fitting))


@dataclass(frozen=True)
class Score:
    """How one question was answered."""

    question: Judged
    ndcg: float
    is_success: bool


def questions() -> list[Judged]:
    """All judged questions, in the order of the file."""
    lines = [line for line in JUDGED.read_text().splitlines() if line and not line.startswith("#")]
    found = []
    for number, line in enumerate(lines):
        catalogue, typed, meant, fitting = (part.strip() for part in line.split(" |", 3))
        found.append(Judged(catalogue, typed, _ids(meant), _ids(fitting), number % 3 == 2))
    return found


def score(question: Judged, answer: Sequence[str], catalogue: Iterable[str]) -> Score:
    """The score of an answer (ids, best first), given every id that there is."""
    gains = [question.gain(endpoint_id) for endpoint_id in answer[:DEPTH]]
    ideal = sorted(map(question.gain, catalogue), reverse=True)[:DEPTH]
    return Score(question, _dcg(gains) / _dcg(ideal), 2 in gains[:SUCCESS])


def judge(
    answer: Callable[[str], Sequence[str]], catalogue: str, ids: Iterable[str]
) -> list[Score]:
    """Every question of a catalogue put to `answer`."""
    ids = list(ids)
    return [score(q, answer(q.typed), ids) for q in questions() if q.catalogue == catalogue]


def mean(scores: Sequence[Score]) -> tuple[float, float]:
    """nDCG@10 and success@3 of all."""
    ndcg = sum(one.ndcg for one in scores) / len(scores)
    return ndcg, sum(one.is_success for one in scores) / len(scores)


def _dcg(gains: Iterable[int]) -> float:
    return math.fsum((2**gain - 1) / math.log2(place + 2) for place, gain in enumerate(gains))


def _ids(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())
