"""Prompts are read from lines, CSV and JSON, and written so that they are read back."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from hypothesis import given
from hypothesis import strategies as st

from library.models import Prompt
from library.prompts import exchange, saving, values
from library.prompts.values import Values
from projects.models.project import private_project


def test_each_line_is_a_prompt_named_by_its_beginning() -> None:
    entries = exchange.read("a red fox\n\n  an owl, at night  \n" + "long " * 40)
    assert [(entry.place, entry.values.text) for entry in entries[:2]] == [
        ("Line 1", "a red fox"),
        ("Line 3", "an owl, at night"),
    ]
    assert len(entries[2].values.name) <= values.MAX_NAME_CHARS
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
    assert fox.values == Values(
        "Fox", "a {red|blue} fox", "prompt", "campaign/fox", ("animal", "red")
    )
    assert (owl.place, owl.values.text, owl.problem) == ("Line 3", "two\nlines", "")
    assert (empty.place, empty.problem) == ("Line 5", "Write the prompt.")
    assert wide.place == "Line 6"
    assert "5 values and the header 4 names" in wide.problem


def test_json_takes_texts_and_objects_and_says_which_is_wrong() -> None:
    entries = exchange.read(
        '["a fox", {"text": "ink", "kind": "style", "tags": ["a", "A"]}, 3, {"txt": "x"},'
        ' {"text": 5}, {"text": "x", "kind": "poem"}]'
    )
    assert [entry.values.kind for entry in entries[:2]] == ["prompt", "style"]
    assert entries[1].values.tags == ("a",)
    assert [bool(entry.problem) for entry in entries] == [False, False, True, True, True, True]
    assert "“txt” is not known" in entries[3].problem
    assert "“text” is no text" in entries[4].problem
    assert "“poem” is no kind" in entries[5].problem


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("  \n", "Paste some prompts"),
        ("[1,", "not valid JSON"),
        ("name,text\n", "no prompt below"),
        ('text\n"open', "cannot be read as CSV"),
        ("x\n" * 1001, "1,001 prompts; up to 1,000"),
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
        Values("=sum", '=1+1, "said"\nand on', "prompt", "a/b", ("x", "y")),
        Values("Ink", "{prompt}, ink; {a|b}", "style"),
        Values("Minus", "-fox", "prompt"),
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
