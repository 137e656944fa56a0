"""Capabilities on the pages: facets, chips, hints, and the product team's example question."""

import re
from collections.abc import Callable
from html import unescape
from urllib.parse import quote_plus

import pytest

from catalog.filters.conditions import asked_length, parse_condition
from catalog.filters.labels import describe, label
from catalog.filters.query_parser import parse_query, replace_words
from catalog.filters.vocabulary import KEYS
from catalog.models import Endpoint
from tests.tables import each_row

Make = Callable[..., Endpoint]
VIDEO = [
    "in:text", "in:image", "in:images", "out:video", "can:sound", "resolution:1080p",
    "duration:5-10",
]  # fmt: skip


@pytest.fixture
def videos(make_endpoint: Make) -> None:
    """Five video models that differ in one property each."""

    def make(
        name: str, *, without: str = "", price: str = "0.08", unit: str = "second", **values: str
    ) -> None:
        facts = [fact for fact in VIDEO if fact != without]
        make_endpoint(
            f"fal-ai/{name}",
            category="image-to-video",
            facts=facts,
            unit_price_usd=price,
            price_unit=unit,
            currency="USD",
            **({"license_type": "commercial"} | values),
        )

    make("fits")
    make("dear", price="0.15")  # $0.75 for the usual five seconds, $1.50 for ten
    make("flat", price="0.9", unit="video")
    make("silent", without="can:sound")
    make("single", without="in:images")
    make("coarse", without="resolution:1080p")
    make("studies", license_type="research")


def ids(page: bytes) -> list[str]:
    return re.findall(r'<article class="card" data-endpoint-id="fal-ai/([^"]+)"', page.decode())


QUESTION = (
    "in:images out:video can:sound resolution:1080p duration:>=10 price:<1 license:commercial"
)


def test_typed_conditions_and_clicked_facets_find_the_same(member, videos):
    typed = member.get(f"/models/?q={quote_plus(QUESTION)}").content
    clicked = member.get(
        "/models/", [(word.partition(":")[0], word.partition(":")[2]) for word in QUESTION.split()]
    ).content
    assert sorted(ids(typed)) == sorted(ids(clicked)) == ["fits", "flat"]


def test_active_filters_are_listed_with_links_that_remove_them(member, videos):
    page = member.get("/models/?q=out%3Avideo+flat&in=images&favourite=1").content.decode()
    chips = re.findall(r'<li><a href="([^"]+)" aria-label="Remove the filter ([^"]+)">', page)
    assert [(unescape(href), chip_text) for href, chip_text in chips] == [
        ("/models/?q=flat&in=images&favourite=1", "Makes video"),
        ("/models/?q=out%3Avideo+flat&favourite=1", "Takes two or more images"),
        ("/models/?q=out%3Avideo+flat&in=images", "Starred"),
    ]
    assert '<a href="/models/?q=flat" data-quiet>Clear all</a>' in page


def test_an_unknown_condition_gets_a_hint_with_a_link(member, videos):
    page = member.get("/models/?q=out%3Avidoe+flat").content.decode()
    assert "There is no out:vidoe." in page
    assert '<a href="/models/?q=out%3Avideo+flat"><code>out:video</code></a>' in page
    page = member.get("/models/?q=license%3Acomercial").content.decode()
    assert '<a href="/models/?q=license%3Acommercial"><code>license:commercial</code></a>' in page
    page = member.get("/models/?q=%3Cb%3E%3Ax+out%3A%3Cscript%3E").content.decode()
    assert "<script>" not in page.replace("<script type", "")


def test_a_picked_number_has_one_form_and_every_key_a_parameter(member, videos):
    response = member.get(
        "/models/?duration=%E2%89%A510s&owner=fal-ai", headers={"HX-Request": "true"}
    )
    assert response.headers["HX-Push-Url"] == "/models/?duration=%3E%3D10&owner=fal-ai"
    assert 'value="&gt;=10" id="duration:%3E%3D10" checked' in response.content.decode()
    assert len(ids(response.content)) == 7


def test_the_help_lists_every_key_with_a_valid_example(member, db):
    page = unescape(member.get("/models/").content.decode())
    for key in KEYS.values():
        assert f"<code>{key.example}</code>" in page
        assert not parse_query(key.example).hints
        assert parse_query(key.example).conditions[0].key == key.name


@each_row(
    ("q", "text"),
    [
        ("in:image", "Takes an image"),
        ("out:3d", "Makes 3D models"),
        ("-can:lora", "Not: LoRA"),
        ("-in:image", "Not: takes an image"),
        ("out:image,video", "Makes images or video"),
        ("duration:>=10", "10 s or more"),
        ("duration:5..120", "5 s to 2 min"),
        ("duration:<60", "Under 1 min"),
        ("price:<0.5", "Under $0.50"),
        ("price:<0.5 duration:10", "Under $0.50 for 10 s"),
        ("price:0", "Free"),
        ("resolution:>=720p", "720p or more"),
        ("resolution:4k", "4K"),
        ("time:<30", "Ready in under 30 s"),
        ("voices:10", "10 or more voices"),
        ("category:text-to-video", "Category: Text to video"),
        ("license:commercial,research", "Licence: Commercial or Research"),
        ("per:second", "Priced per second"),
    ],
)
def test_conditions_are_described_in_words(q, text):
    conditions = parse_query(q).conditions
    assert describe(conditions[0], asked_length(conditions)) == text


def test_every_known_value_has_a_description():
    for key in KEYS.values():
        for value in (*key.values, *key.steps):
            assert label(key.name, value)
            condition = parse_condition(key.name, value)
            assert condition
            assert describe(condition)


def test_a_condition_is_replaced_as_a_whole_word():
    assert replace_words('in:images in:image "a b"', "in:image") == 'in:images "a b"'
    assert replace_words("out:vidoe x", "out:vidoe", "out:video") == "out:video x"
    assert replace_words("x", "y", "z") == "x"
