"""Comments are plain text, and places in pictures are numbers."""

import re
from html import unescape

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from core.refusals import Refused
from features.sharing.review.places import LONGEST_MS, Place, read_place, time_in_words
from features.sharing.templatetags.sharing import with_links
from projects.kept.voices.forms import CommentField


@given(st.text(max_size=300) | st.from_regex(r"(x|<|&|https?://[a-z./&\"'<>]*| ){0,20}"))
def test_a_text_is_shown_as_it_was_typed(text):
    markup = with_links(text)
    assert set(re.findall(r"</?([a-z]+)", markup)) <= {"a"}
    assert unescape(re.sub(r"</?a( [^>]*)?>", "", markup)) == text


def test_only_addresses_of_the_web_become_links():
    markup = with_links("javascript:alert(1) data:x https://a.example/x?y=1&z=2). http://")
    assert re.findall('href="([^"]*)"', markup) == ["https://a.example/x?y=1&amp;z=2"]


@given(st.text(min_size=1, max_size=200))
def test_a_kept_text_is_kept_the_same_again(text):
    field = CommentField()
    try:
        kept = field.clean(text)
    except ValidationError:
        return
    assert field.clean(kept) == kept


@given(st.integers(0, LONGEST_MS))
def test_a_time_is_read_as_it_is_written(ms):
    assert read_place({"at": time_in_words(ms)}).from_ms == ms


@pytest.mark.parametrize(
    "form",
    [
        {"at": "-1"},
        {"at": "99:99:99"},
        {"to": "3"},
        {"x": "3"},
        {"x": "1", "y": "inf"},
        {"x": "1", "y": "1", "width": "9"},
    ],
)
def test_a_place_that_is_none_is_refused(form):
    with pytest.raises(Refused):
        read_place(form)


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ({"x": "10", "y": "20", "width": "30", "height": "40"}, Place(100, 200, 300, 400)),
        ({"x": "90", "y": "20", "width": "30", "height": "40"}, Place(900, 200, 100, 400)),
        ({"x": "10", "y": "20", "width": "0", "height": "40"}, Place(100, 200)),
    ],
)
def test_a_region_is_read_within_the_picture(typed, place):
    assert read_place(typed) == place
