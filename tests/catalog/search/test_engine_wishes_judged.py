"""A wish's requirements always filter; its other words only rank the models that meet them."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from catalog.filters.conditions import combine
from catalog.filters.query_parser import parse_query
from catalog.models import Endpoint, Revision
from catalog.search.engine import Answer, search
from catalog.search.filter_sets import FilterSets
from catalog.search.index import current
from catalog.search.query import Query
from tests import documents
from tests.bench import catalogue
from tests.catalog.search import judging, realistic
from tests.catalog.search.judging import JUDGED, Score
from tests.tables import each_row

ENDPOINTS = 1200
LANGUAGES = ("german", "french", "spanish", "japanese", "english")
pytestmark = pytest.mark.django_db


class Wish(NamedTuple):
    """A line of the list."""

    typed: str
    required: str
    ranking: str


def wishes() -> list[Wish]:
    lines = JUDGED.with_name("wishes.txt").read_text(encoding="utf-8").splitlines()
    written = [line for line in lines if line and not line.startswith("#")]
    return [Wish(*(part.strip() for part in line.split("|"))) for line in written]


@pytest.fixture(scope="module")
def answers(django_db_setup: None, django_db_blocker: Any) -> dict[str, tuple[Answer, set[int]]]:
    """Each wish's answer, and the models that meet all its requirements."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        Endpoint.objects.bulk_create(Endpoint(**entry) for entry in entries())
        answered = {wish.typed: (search(Query(q=wish.typed)), meeting(wish)) for wish in wishes()}
        transaction.set_rollback(True)
    return answered


def entries() -> Iterator[dict[str, Any]]:
    """Yield the synthetic catalogue; a third takes several pictures, and sounds have languages."""
    for place, entry in enumerate(realistic.entries(ENDPOINTS)):
        if "in:image" in entry["facts"] and place % 3 == 0:
            entry["facts"].append("in:images")
        if {"out:audio", "can:sound"} & {*entry["facts"]}:
            entry["facts"].append(f"language:{LANGUAGES[place % len(LANGUAGES)]}")
        yield entry


def meeting(wish: Wish) -> set[int]:
    index = current(Revision.current())
    sets = FilterSets(index, Query(q=wish.required), index.everything, frozenset())
    return {index.keys[place] for place in sets.filtered}


@each_row("wish", wishes())
def test_each_model_found_meets_all_that_is_required(wish, answers):
    answer, able = answers[wish.typed]
    assert set(answer.asked.conditions) == set(combine(parse_query(wish.required).conditions))
    assert answer.asked.order == parse_query(wish.required).sort
    lost = tuple(word[1:] for word in wish.ranking.split() if word.startswith("-"))
    ranking = [] if lost else wish.ranking.split()
    assert able
    assert (answer.total, answer.left_out) == (len(able), lost)
    assert {endpoint.pk for endpoint in answer.endpoints} <= able
    assert sorted(answer.ranked_by.split()) == sorted(ranking)


def test_there_are_ten_wishes_of_each_kind():
    assert len({wish.typed for wish in wishes()}) == len(wishes()) >= 85


FILM = {"category": "image-to-video", "facts": ["duration:5-10", "in:images", "out:video"]}


def test_words_of_content_rank_what_meets_a_wish(make_endpoint):
    plain = make_endpoint("z/plain", display_name="Plain", position=1, **FILM)
    described = make_endpoint("z/told", description="For a product.", position=2, **FILM)
    named = make_endpoint("z/named", display_name="Product Film", position=3, **FILM)
    make_endpoint("z/shots", display_name="Product Shots", facts=["in:image", "out:image"])
    make_endpoint("z/short", display_name="Product Film", facts=["duration:5", "out:video"])
    answer = search(Query(q="10 second product film from two photos"))
    assert answer.endpoints == [named, described, plain]
    assert (answer.left_out, answer.near) == ((), [])


def test_no_medium_is_dropped_for_any_number_of_other_conditions(make_endpoint):
    film = make_endpoint("z/film", category="text-to-video", facts=["in:text", "out:video"])
    make_endpoint(
        "z/picture", license_type="commercial", facts=["in:images", "out:image", "resolution:4k"]
    )
    answer = search(Query(q="4k video for commercial use, 10 seconds"))
    assert answer.endpoints == [film]
    assert answer.left_out == ("4K", "10 s or more", "Licence: Commercial")


def test_content_words_narrow_wishes_without_a_medium(make_endpoint):
    cheap = make_endpoint(
        "z/up", display_name="Upscaler", unit_price_usd="0.01", price_unit="images", currency="USD"
    )
    make_endpoint("z/other", unit_price_usd="0.01", price_unit="images", currency="USD")
    make_endpoint(
        "z/dear", display_name="Upscaler", unit_price_usd="1", price_unit="images", currency="USD"
    )
    assert search(Query(q="upscaler under 5 cents")).endpoints == [cheap]


def test_the_page_shows_the_words_that_rank(member, make_endpoint):
    make_endpoint("z/named", display_name="Product Film", **FILM)
    html = member.get("/models/?q=10+second+product+film+from+two+photos").content.decode()
    assert "“product” first" in html
    assert 'aria-label="Remove the filter Takes two or more images"' in html
    assert "Left out" not in html


WISH = "which model makes a ten-second film with sound from one picture under a dollar"


@pytest.fixture
def unpriced_models() -> dict[str, Endpoint]:
    """A catalogue without prices; returns the models that meet everything but the price."""
    catalogue.fill(documents.catalogue())
    answer = search(Query(q="duration:>=10 can:sound in:image out:video"))
    assert answer.endpoints
    return {endpoint.endpoint_id: endpoint for endpoint in answer.endpoints}


def give_price(endpoint: Endpoint, dollars_a_second: str) -> None:
    Endpoint.objects.filter(pk=endpoint.pk).update(
        unit_price_usd=Decimal(dollars_a_second), price_unit="seconds", currency="USD"
    )


def ids(answer: Answer) -> set[str]:
    return {endpoint.endpoint_id for endpoint in answer.endpoints}


def test_an_unknown_price_condition_is_dropped_and_shown(unpriced_models):
    answer = search(Query(q=WISH))
    assert ids(answer) == set(unpriced_models)
    assert answer.left_out == ("Under $1.00",)


def test_prices_are_for_the_requested_length(unpriced_models):
    first = next(iter(unpriced_models.values()))
    give_price(first, "0.09")
    answer = search(Query(q=WISH))
    assert ids(answer) == {first.endpoint_id}
    assert answer.left_out == ()
    give_price(first, "0.11")
    assert "Under $1.00" in search(Query(q=WISH)).left_out


FLOOR_NDCG, FLOOR_SUCCESS = 0.94, 0.95


def ask(typed: str) -> list[str]:
    answer = search(Query(q=typed))
    return [endpoint.endpoint_id for endpoint in [*answer.endpoints, *answer.near]]


@pytest.fixture(scope="module")
def scores(django_db_setup: None, django_db_blocker: Any) -> list[Score]:
    """The scores of every judged query."""
    from django.db import transaction

    judged: list[Score] = []
    catalogues = {"sandbox": catalogue.sandbox()}
    if documents.upstreams_items():
        catalogues["real"] = documents.catalogue(is_upstreams=True)
    with django_db_blocker.unblock():
        for name, items in catalogues.items():
            with transaction.atomic():
                catalogue.fill(items)
                ids = list(Endpoint.objects.values_list("endpoint_id", flat=True))
                judged += judging.judge(ask, name, ids)
                transaction.set_rollback(True)
    return judged


@pytest.mark.both_databases
def test_there_are_enough_judged_queries(scores):
    is_known = {"sandbox": True, "real": bool(documents.upstreams_items())}
    questions = [question for question in judging.questions() if is_known[question.catalogue]]
    assert len(scores) == len(questions) >= 14
    assert len({(s.question.catalogue, s.question.typed) for s in scores}) == len(scores)


@pytest.mark.both_databases
@pytest.mark.parametrize("is_aside", [False, True], ids=["looked at", "kept aside"])
def test_judged_queries_find_the_intended_models_first(scores, is_aside):
    ndcg, success = judging.mean([s for s in scores if s.question.is_aside is is_aside])
    assert ndcg >= FLOOR_NDCG
    assert success >= FLOOR_SUCCESS
