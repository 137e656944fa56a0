"""Prompts with variables and alternatives: their meaning, and how many prompts they make."""

from __future__ import annotations

import re
import time
from math import prod
from typing import Any

import pytest
from django.contrib.auth.models import User
from hypothesis import given
from hypothesis import strategies as st

from features.library.models import Prompt
from features.library.prompts import exchange, expansion, saving
from features.library.prompts.expansion import MAX_CHARS, MAX_PROMPTS, Refused, count, expand
from features.library.prompts.form import MAX_NAME_CHARS
from features.library.prompts.grammar import Slot, escape, parse, put_into
from features.library.prompts.saving import Values
from projects.models.project import private_project
from tests.tables import each_row

# Pieces with a meaning in the grammar, and pieces without one, to build texts of.
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


def test_a_prompt_goes_into_another() -> None:
    around = parse("{prompt}, {oil|ink} on {paper}")
    inside = parse("An etching of {prompt}, {2020|1920}")
    assert expand(put_into(parse("a {fox|owl}"), around), {"paper": "silk"}, 1) == [
        "a fox, oil on silk", "a fox, ink on silk", "a owl, oil on silk", "a owl, ink on silk"
    ]  # fmt: skip
    assert expand(put_into(parse("a {fox|owl}"), inside), {"2": "1920"}, 1) == [
        "An etching of a fox, 1920",
        "An etching of a owl, 1920",
    ]


def test_a_thousand_million_prompts_are_refused_with_their_number_before_any_is_made() -> None:
    digits = "{0|1|2|3|4|5|6|7|8|9}"
    started = time.thread_time()
    with pytest.raises(Refused, match="makes 1,000,000,000 prompts, and up to 400 can"):
        prompts(digits * 9)
    with pytest.raises(Refused, match=r"makes more than 10\^1000 prompts"):
        prompts(digits * 1000)
    assert time.thread_time() - started < 5  # making these prompts would never end
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
        prompts = expand(template, {}, seed)
        assert len(prompts) == number
        assert expand(template, {}, seed) == prompts


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
def test_no_group_is_left_out_of_either(prompt: str, around: str) -> None:
    first, second = parse(prompt), parse(around + "{prompt}")
    names = {slot.name.casefold() for slot in [*first.slots, *second.slots] if slot.name}
    whole = {slot.name.casefold() for slot in put_into(first, second).slots if slot.name}
    assert whole >= names - {"prompt"}


def test_each_line_is_a_prompt_named_by_its_beginning() -> None:
    entries = exchange.read("a red fox\n\n  an owl, at night  \n" + "long " * 40)
    assert [(entry.place, entry.values.text) for entry in entries[:2]] == [
        ("Line 1", "a red fox"),
        ("Line 3", "an owl, at night"),
    ]
    assert len(entries[2].values.name) <= MAX_NAME_CHARS
    assert not any(entry.problem for entry in entries)


def test_csv_is_read_by_its_header_in_any_order_with_a_problem_per_line() -> None:
    text = (
        "text;tags;name;folder\n"
        "a {red|blue} fox;Animal, red;Fox; campaign / fox \n"
        '"two\nlines";;Owl;\n'
        ";;Empty;\n"
        "a;b;c;d;e\n"
    )
    fox, owl, empty, wide = exchange.read(text)
    assert fox.values == Values("Fox", "a {red|blue} fox", "campaign/fox", ("animal", "red"))
    assert (owl.place, owl.values.text, owl.problem) == ("Line 3", "two\nlines", "")
    assert (empty.place, empty.problem) == ("Line 5", "Write the prompt.")
    assert wide.place == "Line 6"
    assert "5 values and the header 4 names" in wide.problem


def test_json_takes_texts_and_objects_and_says_which_is_wrong() -> None:
    entries = exchange.read(
        '["a fox", {"text": "ink", "kind": "style", "tags": ["a", "A"]}, 3, {"txt": "x"},'
        ' {"text": 5}, {"text": "{Prompt}!", "kind": "style"}]'
    )
    assert [entry.values.text for entry in entries[:2]] == ["a fox", "{prompt}, ink"]
    assert entries[5].values.text == "{Prompt}!"
    assert entries[1].values.tags == ("a",)
    assert [bool(entry.problem) for entry in entries] == [False, False, True, True, True, False]
    assert "“txt” is not known" in entries[3].problem
    assert "“text” is not a text" in entries[4].problem


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("  \n", "Paste some prompts"),
        ("[1,", "not valid JSON"),
        ("name,text\n", "no prompt below"),
        ('text\n"open', "cannot be read as CSV"),
        ("x\n" * 1001, "more than 1,000 prompts"),
        ("x" * (exchange.MAX_BYTES + 1), "more than 2 MB"),
    ],
)
def test_what_cannot_be_read_as_a_whole_is_refused_with_a_sentence(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        exchange.read(text)


@pytest.mark.django_db
@pytest.mark.parametrize("write", [exchange.as_json, exchange.as_csv])
def test_an_export_is_read_back_and_known(user: User, write: Any) -> None:
    many = [
        Values("=sum", '=1+1, "said"\nand on', "a/b", ("x", "y")),
        Values("Ink", "{prompt}, ink; {a|b}"),
        Values("Minus", "-fox"),
    ]
    saving.create(user, private_project(user), many)
    rows = list(Prompt.objects.order_by("created_at", "name").prefetch_related("tags"))
    entries = exchange.read(write(rows))
    assert {entry.values for entry in entries} == set(many)
    assert all(entry.is_known for entry in exchange.marked(entries, rows))
    twice = exchange.marked([*exchange.read("new\nnew")], rows)
    assert [entry.is_known for entry in twice] == [False, True]


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1))
def test_any_text_is_read_as_prompts_or_refused_by_a_sentence(text: str) -> None:
    refusal = ""
    entries: list[exchange.Entry] = []
    try:
        entries = exchange.read(text)
    except ValueError as error:
        refusal = str(error)
    assert entries or refusal.endswith(".")
    assert all(entry.problem or entry.values.text for entry in entries)


def test_a_file_with_too_many_prompts_is_not_read_to_its_end() -> None:
    """Two megabytes of short lines were read for 12 s before the page refused them as too many."""
    with pytest.raises(ValueError, match="more than 1,000 prompts"):
        exchange.read("x\n" * (1 << 20))


def test_lines_end_in_every_way() -> None:
    for text in (
        "name,text\rA,a fox\rB,a cat",
        "name,text\r\nA,a fox\r\nB,a cat",
        "sep=;\nname;text\nA;a fox, red\nB;a cat",
    ):
        entries = exchange.read(text)
        assert [entry.values.name for entry in entries] == ["A", "B"]


def test_styles_of_web_uis_take_prompts() -> None:
    entries = exchange.read("name,prompt,negative_prompt\nInk,ink drawing,colour\nOil,oil paint,\n")
    assert [(entry.values.name, entry.values.text) for entry in entries] == [
        ("Ink", "{prompt}, ink drawing"),
        ("Oil", "{prompt}, oil paint"),
    ]
    assert [bool(entry.note) for entry in entries] == [True, False]
    with pytest.raises(ValueError, match="“weight” is unknown"):
        exchange.read("name,prompt,weight\nInk,ink drawing,3\n")


@pytest.mark.parametrize("text", ['{"a": "x | y"}', "{'a': 'x | y'}", '{"a": {"b": "x | y"}}'])
def test_a_bar_within_json_is_text(text: str) -> None:
    assert parse(text).parts == (text,)
