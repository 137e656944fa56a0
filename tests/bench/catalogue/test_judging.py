"""The score of an answer is what the books say, and the judged questions can be read."""

from __future__ import annotations

import pytest

from bench.catalogue import judging
from bench.catalogue.judging import Judged
from bench.catalogue.realistic import entries

QUESTION = Judged("real", "flux", ("a/*",), ("b/1",), is_aside=False)
ALL = ["a/1", "a/2", "b/1", "c/1", "c/2", "c/3"]


@pytest.mark.parametrize(
    ("answer", "ndcg", "is_success"),
    [
        (["a/1", "a/2", "b/1"], 1.0, True),
        (["a/2", "a/1", "b/1", "c/1"], 1.0, True),
        (["c/1", "c/2", "c/3", "a/1"], 0.240, False),
        (["b/1", "a/1"], 0.536, True),
        ([], 0.0, False),
    ],
)
def test_an_answer_is_scored_by_its_ranking(
    answer: list[str], ndcg: float, is_success: bool
) -> None:
    score = judging.score(QUESTION, answer, ALL)
    assert score.ndcg == pytest.approx(ndcg, abs=0.001)
    assert score.is_success is is_success


def test_a_third_of_the_questions_is_held_out() -> None:
    questions = judging.questions()
    assert sum(question.is_aside for question in questions) == len(questions) // 3
    assert all(question.meant for question in questions)


def test_a_generated_catalogue_depends_only_on_size_and_seed() -> None:
    first, again, other = (list(entries(300, seed)) for seed in (5, 5, 6))
    assert first == again != other
    assert len({entry["endpoint_id"] for entry in first}) == 300
    assert list(entries(0)) == []
