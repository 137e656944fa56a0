"""Wishes in plain words become filters that the page offers; ordinary searches stay searches."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.utils import timezone
from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st

from catalog.display.facets import SearchScope, guesses
from catalog.filters import natural_language
from catalog.filters.query_parser import parse_query
from catalog.models import Endpoint, Revision
from catalog.search.engine import find_all, search
from catalog.search.index import current
from catalog.search.query import Query


@pytest.mark.parametrize(
    ("typed", "query_words"),
    [
        (
            "which model makes a ten-second 1080p video from two pictures, "
            "with sound, under a dollar, for commercial use?",
            "price:<1 duration:>=10 resolution:1080p can:sound "
            "in:images license:commercial out:video",
        ),
        (
            "10 second 1080p video from two pictures with sound under a dollar commercial",
            "price:<1 duration:>=10 resolution:1080p can:sound "
            "in:images license:commercial out:video",
        ),
        ("cinematic 4k video from an image for 50 cents",
         "cinematic 50 cents resolution:4k in:image out:video"),
        ("video of at least 2 minutes below $0,5 without music",
         "price:<0.5 duration:>=120 -can:sound out:video"),
        ("10 second 1080p video from a first and last frame",
         "duration:>=10 resolution:1080p can:end-frame out:video"),
        ("free image with transparent background", "can:transparent is:free out:image"),
        ("speech from text under 1 cent", "price:<0.01 in:text out:audio"),
    ],
)  # fmt: skip
def test_a_natural_wish_becomes_query_words(typed, query_words):
    assert natural_language.read_wish(typed).query_words == query_words
    parsed = parse_query(query_words)
    assert not [hint for hint in parsed.hints if hint.suggestion]
    assert len(parsed.taken) == sum(":" in word for word in query_words.split())


@pytest.mark.parametrize(
    "typed",
    ["flux pro", "image to video", "4k video", "video with sound", "kling 2.1", "a" * 300, ""],
)
def test_a_plain_search_is_not_a_wish(typed):
    assert len(natural_language.read_wish(typed).conditions) < natural_language.FEWEST


def test_a_suggested_query_keeps_the_other_conditions():
    query = Query(q="quick 1080p video from two pictures with sound fps:>=30")
    ((hint, href),) = guesses(query.parsed.hints, query, SearchScope("/models/", "Models"))
    assert hint.suggestion == "quick resolution:1080p can:sound in:images out:video"
    meant = Query.from_address(href)
    assert meant.text == "quick"
    assert {condition.key for condition in meant.conditions} == {
        "resolution",
        "can",
        "in",
        "out",
        "fps",
    }


WEEK = timedelta(days=7)
WISH = "make a ten second video from two pictures"
ASKED = "duration:>=10 in:images out:video"


def test_a_wish_without_text_matches_is_searched_by_its_conditions(member, make_endpoint):
    facts = ["duration:1-10", "in:images", "out:video"]
    able = make_endpoint("z/able", category="image-to-video", facts=facts)
    make_endpoint("z/short", category="image-to-video", facts=["duration:5", *facts[1:]])
    answer = search(Query(q=WISH))
    assert (answer.endpoints, answer.asked.q, answer.hints) == ([able], ASKED, [])
    assert len(find_all(Query(q=WISH), frozenset(), current(Revision.current()))) == 1
    counts = {facet.name: {v.value: v.count for v in facet.values} for facet in answer.facets}
    facet_counts = {
        f.name: {v.value: v.count for v in f.values} for f in search(Query(q=ASKED)).facets
    }
    assert counts == facet_counts
    html = member.get("/models/", {"q": WISH}).content.decode()
    assert "Understood as" in html
    for label in ("10 s or more", "Takes two or more images", "Makes video"):
        assert f'aria-label="Remove the filter {label}"' in html
    assert f'href="/models/?{escape(urlencode({"q": ASKED}))}"' in html


def test_a_wish_stays_a_text_search_if_words_match_or_conditions_do_not(make_endpoint):
    make_endpoint("z/told", description="Make a ten second video from two pictures.")
    assert search(Query(q=WISH)).asked.q == WISH
    Endpoint.objects.update(description="Ten pictures.")
    assert search(Query(q=WISH)).asked.q == WISH


def test_a_wish_nothing_meets_drops_its_least_important_condition(member, make_endpoint):
    short = make_endpoint(
        "z/short", description="Ten pictures", facts=["duration:5", "in:images", "out:video"]
    )
    make_endpoint("z/quiet", facts=["in:images"])
    answer = search(Query(q=WISH))
    assert (answer.endpoints, answer.asked.q) == ([short], "in:images out:video")
    assert (answer.left_out, answer.hints, answer.relaxations) == (("10 s or more",), [], [])
    html = member.get("/models/", {"q": WISH}).content.decode()
    assert "Left out: <s>10 s or more</s>" in html
    typed_filter = search(
        Query(q=f"{WISH} duration:>=7")
    )  # a condition that the user wrote as a filter is never dropped
    assert typed_filter.total == 0


def test_words_of_a_wish_found_nowhere_are_dropped(make_endpoint):
    able = make_endpoint("z/able", facts=["duration:1-10", "in:images", "out:video"])
    answer = search(Query(q=f"melancholic {WISH}"))
    assert (answer.endpoints, answer.left_out) == ([able], ("melancholic",))


@pytest.mark.parametrize(
    ("typed", "query_words", "order"),
    [
        ("cheapest video", "cheapest out:video", ["z/cheap", "z/dear"]),
        (
            "cheapest model that makes a video with sound",
            "cheapest can:sound out:video",
            ["z/dear"],
        ),
        ("the cheapest film", "out:video cheapest", ["z/cheap", "z/dear"]),
        ("newest film", "newest out:video", ["z/dear", "z/cheap"]),
        ("film under 10 cents", "price:<0.1 out:video", ["z/cheap"]),
        ("video longer than a minute", "out:video", ["z/cheap", "z/dear"]),
    ],
)
def test_words_for_an_order_sort_the_results(make_endpoint, typed, query_words, order):
    film = {"display_name": "Film", "category": "text-to-video", "currency": "USD"}
    now = timezone.now()
    make_endpoint(
        "z/dear", unit_price_usd="0.9", facts=["out:video", "can:sound"], published_at=now, **film
    )
    make_endpoint(
        "z/cheap", unit_price_usd="0.05", facts=["out:video"], published_at=now - WEEK, **film
    )
    make_endpoint("z/other", display_name="Paint", unit_price_usd="0.01", facts=["out:image"])
    answer = search(Query(q=typed))
    assert answer.asked.q == query_words
    ids = [endpoint.endpoint_id for endpoint in answer.endpoints]
    assert ids == order if query_words != "out:video" else sorted(ids) == order


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("sound:yes", "can:sound"), ("lora:no", "-can:lora"), ("free:true", "is:free")],
)
def test_a_yes_or_no_condition_suggests_the_ability(typed, meant):
    (hint,) = parse_query(typed).hints
    assert hint.suggestion == meant


def test_transcribers_are_found_by_any_phrasing(make_endpoint):
    make_endpoint(
        "z/dia",
        display_name="Dia TTS",
        category="text-to-speech",
        description="Makes audio of transcripts.",
    )
    make_endpoint("z/stable-audio", display_name="Stable Audio", category="text-to-audio")
    make_endpoint("z/whisper", display_name="Whisper", category="speech-to-text")
    make_endpoint(
        "z/caption", display_name="Auto Caption", description="Transcribes audio of video."
    )
    for typed in ("transcribe audio", "speech to text", "asr", "audio transcription"):
        ids = [endpoint.endpoint_id for endpoint in search(Query(q=typed)).endpoints]
        assert "z/whisper" in ids[:2]
        assert not {"z/dia", "z/stable-audio"} & {*ids[:2]}


@given(st.text(max_size=200))
def test_any_text_can_be_read_as_a_wish(text):
    parse_query(natural_language.read_wish(text).query_words)


@pytest.mark.parametrize(
    ("typed", "prompt"),
    [
        ("a red boat on a lake, for commercial use", "a red boat on a lake"),
        ("product film of 10 seconds under a dollar, commercial", "product film of 10 seconds"),
        ("a vertical photo in 4k", "a vertical photo in 4k"),
        ('a shop sign "under $5"', 'a shop sign "under $5"'),
    ],
)
def test_price_and_licence_are_no_part_of_a_prompt(typed, prompt):
    assert natural_language.without_terms(typed) == prompt
