"""Prompts with variables and alternatives: what they mean, and how many prompts they make."""

from __future__ import annotations

import re
import time
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.prompts import expansion
from library.prompts.expansion import MAX_CHARS, MAX_PROMPTS, Refused, count, expand
from library.prompts.grammar import Slot, escape, parse, styled
from tests.tables import each_row

# Texts made of what means something, and of what does not.
PIECES = ["{", "}", "|", "\\", ":", " ", "2 of ", "0 of ", "subject", "red", "é", "\n", '{"a": 1}']
TEMPLATES = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=40).map("".join)


def prompts(text: str, seed: int = 7, **values: str) -> list[str]:
    return expand(parse(text), values, seed)


def test_alternatives_make_a_prompt_each_in_the_order_in_which_they_are_written() -> None:
    assert prompts("a {red|green} {fox|owl}") == [
        "a red fox",
        "a red owl",
        "a green fox",
        "a green owl",
    ]
    assert prompts("a {very |}big {fox}", fox="owl") == ["a verybig owl", "a big owl"]
    assert prompts("{red|red|blue}") == ["red", "blue"]


def test_variable_is_asked_for_once_whatever_its_case_and_means_the_same_everywhere() -> None:
    template = parse("{Subject} and {subject: fox | otter}, {camera angle}")
    assert [(slot.key, slot.options) for slot in template.slots] == [
        ("subject", ("fox", "otter")),
        ("camera angle", ()),
    ]
    assert expand(template, {"camera angle": "low"}, 1) == [
        "fox and fox, low",
        "otter and otter, low",
    ]
    assert expand(template, {"subject": "{a|b}"}, 1) == ["{a|b} and {a|b}, {camera angle}"]


def test_drawn_alternatives_depend_on_the_seed_alone() -> None:
    text = "{2 of red|green|blue|black|white}"
    drawn = {tuple(prompts(text, seed)) for seed in range(50)}
    assert len(drawn) > 5
    assert all(len(set(pair)) == 2 for pair in drawn)
    assert prompts(text, 3) == prompts(text, 3)
    assert sorted(prompts("{9 of red|green}")) == ["green", "red"]


@each_row(
    "text",
    [
        '{"a": 1}', "{}", "{ }", "{red", "red}", "{0 of a}", "{red, blue}", "a | b", "{2 of }",
        "{" + "x" * 41 + "}", "{{", "C:\\new", "{16:9}",
    ],
)  # fmt: skip
def test_what_is_no_group_is_text(text: str) -> None:
    assert prompts(text) == [text]


def test_escaped_braces_and_bars_are_text() -> None:
    assert prompts(r"\{red|green\} {a\|b|c\}}") == ["{red|green} a|b", "{red|green} c}"]
    assert prompts(r"{ratio\: 16:9}") == [r"{ratio: 16:9}"]
    assert prompts(r"{a\}") == ["{a}"]


def test_style_takes_the_prompt_in_or_follows_it() -> None:
    style, inside = parse("{oil|ink} on {paper}"), parse("An etching of {prompt}, {2020|1920}")
    assert expand(styled(parse("a {fox|owl}"), style), {"paper": "silk"}, 1) == [
        "a fox, oil on silk", "a fox, ink on silk", "a owl, oil on silk", "a owl, ink on silk"
    ]  # fmt: skip
    assert expand(styled(parse("a {fox|owl}"), inside), {"2": "1920"}, 1) == [
        "An etching of a fox, 1920",
        "An etching of a owl, 1920",
    ]
    assert expand(styled(parse(""), style), {"1": "ink", "paper": "silk"}, 1) == ["ink on silk"]


def test_a_thousand_million_prompts_are_refused_with_their_number_before_any_is_made() -> None:
    digits = "{0|1|2|3|4|5|6|7|8|9}"
    started = time.monotonic()
    with pytest.raises(Refused, match="makes 1,000,000,000 prompts, and up to 400 can"):
        prompts(digits * 9)
    with pytest.raises(Refused, match=r"makes more than 10\^1000 prompts"):
        prompts(digits * 1000)
    assert time.monotonic() - started < 1
    assert len(prompts("{0|1|2|3}" + digits * 2)) == MAX_PROMPTS


def test_a_value_named_often_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(Refused, match=f"the most is {MAX_CHARS:,}"):
        prompts("{x}" * 2000, x="y" * 10_000)
    with pytest.raises(Refused, match=r"have 2,000,000 characters together"):
        prompts("{x}" + "{0|1|2|3|4|5|6|7|8|9}" * 2, x="y" * 19_998)


@given(TEMPLATES, st.integers(0, 2**63 - 1))
def test_expanding_makes_as_many_prompts_as_counted_or_says_why_not(text: str, seed: int) -> None:
    template = parse(text)
    number = count(template, {})
    assert number == prod(slot.size for slot in template.slots) >= 1
    if number > MAX_PROMPTS:
        with pytest.raises(Refused, match=re.escape(f"makes {expansion.in_words(number)} ")):
            expand(template, {}, seed)
    else:
        made = expand(template, {}, seed)
        assert len(made) == number
        assert expand(template, {}, seed) == made


@given(st.text())
def test_an_escaped_text_is_itself(text: str) -> None:
    template = parse(escape(text))
    assert template.slots == []
    assert expand(template, {}, 1) == [text]


OPTIONS = st.lists(st.text().map(str.strip), min_size=2, max_size=5, unique=True)


@given(st.text(), OPTIONS)
def test_a_written_choice_is_read_back(before: str, options: list[str]) -> None:
    written = "|".join(map(escape, options))
    template = parse(f"{escape(before)}{{x:{written}}}")
    if any(options):
        assert template.slots == [Slot("x", tuple(options), key="x")]
    assert expand(template, {}, 1) == [before + option for option in options]


@given(TEMPLATES, TEMPLATES)
def test_a_style_leaves_no_group_of_either_out(prompt: str, style: str) -> None:
    first, second = parse(prompt), parse(style)
    asked = {slot.name.casefold() for slot in [*first.slots, *second.slots] if slot.name}
    whole = {slot.name.casefold() for slot in styled(first, second).slots if slot.name}
    assert whole >= asked - {"prompt"}
