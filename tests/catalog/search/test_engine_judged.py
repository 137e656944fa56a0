"""Search finds what people mean: the judged questions, with a floor under what they may score."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.catalogue import filling, judging
from bench.catalogue.judging import Score
from catalog.models import Endpoint
from catalog.search.engine import search
from catalog.search.query import Query

FLOOR_NDCG, FLOOR_SUCCESS = 0.95, 0.95
pytestmark = [
    pytest.mark.both_databases,
    pytest.mark.django_db,
]  # else a run of this file alone has no test database


def ask(typed: str) -> list[str]:
    answer = search(Query(q=typed))
    return [endpoint.endpoint_id for endpoint in [*answer.endpoints, *answer.near]]


@pytest.fixture(scope="module")
def scores(django_db_setup: None, django_db_blocker: Any) -> list[Score]:
    """Every judged question, answered once."""
    from django.db import transaction

    judged: list[Score] = []
    catalogues: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "real": filling.real,
        "sandbox": filling.sandbox,
    }
    with django_db_blocker.unblock():
        for name, items in catalogues.items():
            with transaction.atomic():
                filling.fill(items())
                ids = list(Endpoint.objects.values_list("endpoint_id", flat=True))
                judged += judging.judge(ask, name, ids)
                transaction.set_rollback(True)
    return judged


def test_there_are_enough_judged_queries(scores: list[Score]) -> None:
    assert len(scores) == len(judging.questions()) >= 80
    assert len({(s.question.catalogue, s.question.typed) for s in scores}) == len(scores)


@pytest.mark.parametrize("is_aside", [False, True], ids=["looked at", "kept aside"])
def test_judged_queries_find_the_intended_models_first(scores: list[Score], is_aside: bool) -> None:
    ndcg, success = judging.mean([s for s in scores if s.question.is_aside is is_aside])
    assert ndcg >= FLOOR_NDCG
    assert success >= FLOOR_SUCCESS
