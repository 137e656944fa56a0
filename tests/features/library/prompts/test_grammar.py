"""Prompts with variables and alternatives: their meaning, and how many prompts they make."""

import re
import time
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.refusals import Refused
from features.library.prompts import expansion
from features.library.prompts.expansion import MAX_CHARS, MAX_PROMPTS, count, expand
from features.library.prompts.grammar import Slot, parse
from tests.tables import each_row

# Pieces with a meaning in the grammar, and pieces without one, to build texts of.
PIECES = ["{", "}", "|", "\\", ":", " ", "2 of ", "0 of ", "subject", "red", "é", "\n", '{"a": 1}']
TEMPLATES = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=40).map("".join)


def prompts(text: str, **values: str) -> list[str]:
    return expand(parse(text), values)


def test_alternatives_make_a_prompt_each_in_the_order_in_which_they_are_written():
    assert prompts("a {red|green} {fox|owl}") == [
        "a red fox",
        "a red owl",
        "a green fox",
        "a green owl",
    ]
    assert prompts("a {very |}big {fox}", fox="owl") == ["a verybig owl", "a big owl"]
    assert prompts("{red|red|blue}") == ["red", "blue"]


def test_variable_is_asked_for_once_whatever_its_case_and_means_the_same_everywhere():
    template = parse("{Subject} and {subject: fox | otter}, {camera angle}")
    assert [(slot.key, slot.options) for slot in template.slots] == [
        ("subject", ("fox", "otter")),
        ("camera angle", ()),
    ]
    assert expand(template, {"camera angle": "low"}) == [
        "fox and fox, low",
        "otter and otter, low",
    ]
    assert expand(template, {"subject": "{a|b}"}) == ["{a|b} and {a|b}, {camera angle}"]


@each_row(
    "text",
    [
        '{"a": 1}',
        "{ }",
        "red}",
        "{red, blue}",
        "{2 of red|green|blue}",
        "{" + "x" * 41 + "}",
        "C:\\new",
        "{16:9}",
    ],
)
def test_what_is_no_group_is_text(text):
    assert prompts(text) == [text]


def test_escaped_braces_and_bars_are_text():
    assert prompts(r"\{red|green\} {a\|b|c\}}") == ["{red|green} a|b", "{red|green} c}"]
    assert prompts(r"{ratio\: 16:9}") == [r"{ratio: 16:9}"]
    assert prompts(r"{a\}") == ["{a}"]


def test_a_thousand_million_prompts_are_refused_with_their_number_before_any_is_made():
    digits = "{0|1|2|3|4|5|6|7|8|9}"
    started = time.thread_time()
    with pytest.raises(Refused, match="makes 1,000,000,000 prompts, and up to 400 can"):
        prompts(digits * 9)
    with pytest.raises(Refused, match=r"makes more than 10\^1000 prompts"):
        prompts(digits * 1000)
    assert time.thread_time() - started < 5  # making these prompts would never end
    assert len(prompts("{0|1|2|3}" + digits * 2)) == MAX_PROMPTS


def test_a_value_named_often_is_refused_before_it_fills_the_memory():
    with pytest.raises(Refused, match=f"the most is {MAX_CHARS:,}"):
        prompts("{x}" * 2000, x="y" * 10_000)
    with pytest.raises(Refused, match=r"have 2,000,000 characters together"):
        prompts("{x}" + "{0|1|2|3|4|5|6|7|8|9}" * 2, x="y" * 19_998)


@given(TEMPLATES)
def test_expanding_makes_as_many_prompts_as_counted_or_says_why_not(text):
    template = parse(text)
    number = count(template, {})
    assert number == prod(slot.size for slot in template.slots) >= 1
    if number > MAX_PROMPTS:
        with pytest.raises(Refused, match=re.escape(f"makes {expansion.in_words(number)} ")):
            expand(template, {})
    else:
        assert len(expand(template, {})) == number


def _escaped(text: str) -> str:
    return re.sub(r"[\\{}|:]", r"\\\g<0>", text)


OPTIONS = st.lists(st.text().map(str.strip), min_size=2, max_size=5, unique=True)


@given(st.text(), OPTIONS)
def test_a_written_choice_is_read_back(before, options):
    written = "|".join(map(_escaped, options))
    template = parse(f"{_escaped(before)}{{x:{written}}}")
    if any(options):
        assert template.slots == [Slot("x", tuple(options), key="x")]
    assert expand(template, {}) == [before + option for option in options]


@pytest.mark.parametrize("text", ['{"a": "x | y"}', "{'a': 'x | y'}", '{"a": {"b": "x | y"}}'])
def test_a_bar_within_json_is_text(text):
    assert parse(text).parts == (text,)
