"""Code keeps its text when it is coloured, and texts in it are escaped."""

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from playground.display.code_colours import coloured
from tests.tables import each_row


@each_row(
    ("code", "kinds"),
    [
        ("import os  # it's", ["keyword", "comment"]),
        ('const a = "x // y"; // b', ["keyword", "text", "comment"]),
        ("curl --data-raw '{\n\"n\": 1}'", ["keyword", "keyword", "text"]),
        ("time.sleep(0.5)", ["number"]),
    ],
)
def test_comments_texts_numbers_and_keywords_have_colours(code, kinds):
    assert re.findall('data-code="([a-z]+)"', coloured(code)) == kinds


@given(st.text() | st.text("'\"`\\\\#/<&-\n"))
def test_any_code_keeps_its_text(code):
    html = coloured(code)
    assert unescape(re.sub(r'<span data-code="[a-z]*">|</span>', "", html)) == code
