"""Search finds by words, ranks as promised, counts every facet, and accepts any query."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from catalog.filters.vocabulary import KEYS
from catalog.models import Endpoint
from catalog.search.engine import PAGE_SIZE, Answer, search, top_results
from catalog.search.query import Query

pytestmark = pytest.mark.both_databases

Make = Callable[..., Endpoint]


def ask(text: str = "", **more: Any) -> Answer:
    return search(Query.from_params(QueryDict(text)), **more)


def ids_of(answer: Answer) -> list[str]:
    return [endpoint.endpoint_id for endpoint in answer.endpoints]


def counts(answer: Answer, name: str) -> dict[str, int]:
    return {
        value.value: value.count
        for facet in answer.facets
        if facet.name == name
        for value in facet.values
    }


def test_words_are_found_in_id_name_tags_category_and_description(make_endpoint):
    make_endpoint("a/one", display_name="Aurora")
    make_endpoint("b/aurora/fast")
    make_endpoint("c/three", tags=["aurora"])
    make_endpoint("d/four", category="aurora-to-image")
    make_endpoint("e/five", description="Paints an aurora.")
    make_endpoint("f/six")
    assert set(ids_of(ask("q=aurora"))) == {"a/one", "b/aurora/fast", "c/three", "d/four", "e/five"}


def test_rank_is_exact_then_beginning_then_words_then_tags_then_description(make_endpoint):
    make_endpoint("z/5", description="Better than flux.", position=0)
    make_endpoint("z/4", tags=["flux"], position=1)
    make_endpoint("z/my/flux/dev", position=2)
    make_endpoint("flux-labs/thing", position=3)
    make_endpoint("z/1", display_name="Flux", position=4)
    make_endpoint("z/flux", position=5)
    assert ids_of(ask("q=flux")) == [
        "z/1",
        "z/flux",
        "flux-labs/thing",
        "z/my/flux/dev",
        "z/4",
        "z/5",
    ]


def test_within_a_rank_upstreams_order_decides_and_the_deprecated_come_last(make_endpoint):
    make_endpoint("a/flux-1", position=0, status="deprecated")
    make_endpoint("a/flux-2", position=2)
    make_endpoint("a/flux-3", position=1)
    assert ids_of(ask("q=flux")) == ["a/flux-3", "a/flux-2", "a/flux-1"]


@pytest.mark.parametrize(
    ("typed", "is_found"),
    [
        ("kling", True),
        ("KLING", True),
        ("kli", True),
        ("ling", False),
        ("v2.1", True),
        ("v2", True),
        ("2.1", True),
        ("fal-ai/kling-video/v2.1/master", True),
        ("video kling", True),
        ("kling nothing", False),
        ("édit", True),
        ("image to video", True),
        ("image-to-video", True),
    ],
)
def test_a_word_is_found_by_its_beginning(make_endpoint, typed, is_found):
    make_endpoint(
        "fal-ai/kling-video/v2.1/master/image-to-video",
        category="image-to-video",
        description="Édit a film.",
    )
    answer = search(Query.from_params(_params([("q", typed)])))
    assert answer.found is not None
    assert bool(answer.total and not answer.found.missed and not answer.found.corrected) is is_found


def test_the_index_follows_every_change(make_endpoint):
    endpoint = make_endpoint("a/b", display_name="Before")
    assert ask("q=before").total == 1
    Endpoint.objects.filter(pk=endpoint.pk).update(display_name="After")
    assert (ask("q=before").total, ask("q=after").total) == (0, 1)
    endpoint.refresh_from_db()
    endpoint.tags = ["sepia"]
    Endpoint.objects.bulk_update([endpoint], ["tags"])
    assert ask("q=sepia").total == 1
    endpoint.delete()
    assert ask("q=after").total == 0


def test_values_of_a_facet_are_joined_by_or_and_facets_by_and(make_endpoint):
    make_endpoint("a/1", category="vision", license_type="research", tags=["x", "y"])
    make_endpoint("a/2", category="llm", license_type="commercial", tags=["x"])
    make_endpoint("a/3", category="training", license_type="commercial", kind="training")
    assert ask("category=vision&category=llm").total == 2
    assert ids_of(ask("category=vision&category=llm&license=commercial")) == ["a/2"]
    assert ids_of(ask("tag=y")) == ["a/1"]
    assert ids_of(ask("kind=training")) == ["a/3"]
    assert ask("tag=x&tag=y").total == 2


def test_facet_counts_ignore_its_own_selection(make_endpoint):
    for n in range(3):
        make_endpoint(f"a/{n}", category="vision", license_type="research")
    for n in range(2):
        make_endpoint(f"b/{n}", category="llm", license_type="research")
    make_endpoint("c/0", category="llm", license_type="commercial")
    answer = ask("category=vision")
    assert counts(answer, "category") == {"vision": 3, "llm": 3}
    assert counts(answer, "license") == {"research": 3}
    answer = ask("category=llm&license=research")
    assert counts(answer, "category") == {"vision": 3, "llm": 2}
    assert counts(answer, "license") == {"research": 2, "commercial": 1}


def test_selected_values_without_results_stay_visible(make_endpoint):
    make_endpoint()
    answer = ask("tag=absent")
    tag = next(facet for facet in answer.facets if facet.name == "tag")
    assert [(value.value, value.count, value.is_picked) for value in tag.values] == [
        ("absent", 0, True)
    ]


def test_no_results_suggest_filters_to_drop(make_endpoint):
    for n in range(3):
        make_endpoint(f"a/{n}", category="vision", license_type="commercial")
    make_endpoint("b/0", category="llm", license_type="research")
    relaxations = ask("category=vision&license=research").relaxations
    assert [(relaxation.title, relaxation.count) for relaxation in relaxations] == [
        ("Without “Licence: Research”", 3),
        ("Without “Category: Vision”", 1),
    ]
    assert relaxations[0].query.as_params() == "?category=vision"


def test_gone_endpoints_are_found_only_when_asked_for(make_endpoint):
    make_endpoint("a/here")
    make_endpoint("a/old", status="deprecated")
    make_endpoint("a/gone", gone_at=timezone.now())
    assert set(ids_of(ask())) == {"a/here", "a/old"}
    assert ids_of(ask("status=active")) == ["a/here"]
    assert ids_of(ask("status=deprecated")) == ["a/old"]
    assert ids_of(ask("status=gone")) == ["a/gone"]
    assert ask("status=all").total == 3


@pytest.mark.parametrize("typed", ["q=a%2Fold-song", "favourite=1", "category=vision"])
def test_no_results_mention_models_that_are_gone(make_endpoint, typed):
    make_endpoint("b/here", category="llm")
    old = make_endpoint("a/old-song", category="vision", gone_at=timezone.now())
    starred = frozenset({old.pk})
    relaxation = ask(typed, starred=starred).relaxations[0]
    assert (relaxation.title, relaxation.count) == ("No longer listed", 1)
    assert ids_of(ask(relaxation.query.as_params().removeprefix("?"), starred=starred)) == [
        "a/old-song"
    ]


def test_favourites_are_those_of_the_user(make_endpoint):
    mine, _ = make_endpoint("a/mine"), make_endpoint("a/other")
    assert ids_of(ask("favourite=1", starred=frozenset({mine.pk}))) == ["a/mine"]
    assert ask("favourite=1").total == 0


def test_results_are_sorted_as_requested(make_endpoint):
    day = timezone.now()
    make_endpoint("a/b", display_name="beta", unit_price_usd="0.5", published_at=day, position=0)
    make_endpoint("a/c", display_name="Alpha", position=1)
    make_endpoint(
        "a/d",
        display_name="gamma",
        unit_price_usd="0.1",
        published_at=day.replace(year=2020),
        position=2,
    )
    assert ids_of(ask()) == ["a/b", "a/c", "a/d"]
    assert ids_of(ask("sort=name")) == ["a/c", "a/b", "a/d"]
    assert ids_of(ask("sort=price")) == ["a/d", "a/b", "a/c"]
    assert ids_of(ask("sort=newest")) == ["a/b", "a/d", "a/c"]


def test_orders_by_last_change_and_by_time_have_unknown_ones_last(make_endpoint):
    make_endpoint("a/unknown")
    make_endpoint("a/slow", updated_at=timezone.now(), duration_estimate_min=1, median_s=90)
    make_endpoint("a/fast", updated_at="2026-01-01T00:00:00Z", duration_estimate_min=0.5)
    assert ids_of(ask("sort=changed")) == ["a/slow", "a/fast", "a/unknown"]
    assert ids_of(ask("sort=fastest")) == ["a/fast", "a/slow", "a/unknown"]


def test_pages_follow_each_other_without_gap_or_overlap(make_endpoint):
    for n in range(100):
        make_endpoint(f"a/{n:03}", position=n)
    names_in_order = [name for page in (1, 2, 3, 4, 5) for name in ids_of(ask(f"page={page}"))]
    assert names_in_order == [f"a/{n:03}" for n in range(100)]
    assert len(ids_of(ask())) == PAGE_SIZE
    assert ask("page=99").page == 5
    assert ask("page=0").page == 1


def test_the_url_contains_the_whole_query():
    text = (
        "q=a+b&category=llm&category=vision&group=g&kind=k&license=l&tag=t+1&status=all"
        "&favourite=1&sort=name&page=3"
    )
    query = Query.from_params(QueryDict(text))
    assert Query.from_address(query.as_params()) == query
    assert query.as_params() == f"?{text}"


def _params(pairs: list[tuple[str, str]]) -> QueryDict:
    params = QueryDict(mutable=True)
    for name, value in pairs:
        params.appendlist(name, value)
    return params


some_text = st.text(max_size=40) | st.sampled_from(
    ["flux", "a AND b", '"x', "v2.1", "\U0001d523\U0001d529", "²"]
)
pairs = st.lists(
    st.tuples(
        st.sampled_from(["q", "status", "favourite", "sort", "page", "nonsense", *KEYS]),
        some_text,
    ),
    max_size=8,
)


@pytest.mark.django_db
@given(pairs=pairs)
def test_any_query_has_results_and_a_url(one_endpoint, pairs):
    query = Query.from_params(_params(pairs))
    answer = search(query)
    assert 0 <= answer.total <= 1
    assert len(answer.endpoints) == answer.total
    assert top_results(query) == answer.endpoints
    assert Query.from_address(query.as_params()) == query


@pytest.fixture
def one_endpoint(make_endpoint: Make) -> Endpoint:
    return make_endpoint("fal-ai/flux/dev", tags=["a", "b"], description="v2.1 AND more")
