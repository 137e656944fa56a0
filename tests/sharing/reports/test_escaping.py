"""Markdown shows what people wrote word for word, whatever it looks like."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from sharing.reports.markdown import escaped, paragraphs

# All that dialects may make of a text: tables, strikethrough, HTML, links without brackets.
PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
TAG = re.compile(r"<[^>]*>")
LIKE_MARKUP = st.text(alphabet=st.sampled_from(r"\`*_[]<>|~#&{}$^-+=:.)(!1a '\"/@" + "\n\t"))
ANY_TEXT = st.one_of(st.text(), LIKE_MARKUP)


def seen(markup: str) -> str:
    return " ".join(html.unescape(TAG.sub("", PARSER.render(markup))).split())


def words(text: str) -> str:
    printable = "".join(
        letter if letter.isprintable() or letter.isspace() else "\N{REPLACEMENT CHARACTER}"
        for letter in text
    )
    return " ".join(printable.split())


@given(ANY_TEXT)
@example("1. first")
@example("- item")
@example("+ item")
@example("===")
@example("---")
@example("# heading #")
@example("<script>alert(1)</script>")
@example("[x](javascript:alert(1))")
@example("![x](http://a.b/c.png)")
@example("&lt;b&gt; &#42;")
@example("    code")
@example("a | b\n|---|---|\n| c | d |")
@example("```\ncode\n```")
@example("[x]: http://a.b")
def test_any_text_is_one_paragraph_of_exactly_its_words(text: str) -> None:
    rendered = PARSER.render(escaped(text))
    assert set(TAG.findall(rendered)) <= {"<p>", "</p>"}
    assert seen(escaped(text)) == words(text)


@given(ANY_TEXT)
def test_any_text_stays_in_its_place_in_headings_lists_and_tables(text: str) -> None:
    for before, after, tags in (
        ("## ", "", {"h2"}),
        ("- ", "", {"ul", "li"}),
        ("| a | b |\n| --- | --- |\n| ", " | z |", {"table", "thead", "tbody", "tr", "th", "td"}),
        ("**", "** end", {"p", "strong"}),
    ):
        if not words(text) and before == "**":
            continue
        rendered = PARSER.render(f"{before}{escaped(text)}{after}")
        assert set(re.findall(r"<(\w+)", rendered)) <= tags
        assert words(text) in seen(f"{before}{escaped(text)}{after}")


@given(st.lists(ANY_TEXT, max_size=4))
def test_what_was_written_in_lines_keeps_them(lines: list[str]) -> None:
    rendered = PARSER.render("\n".join(paragraphs("\n".join(lines))))
    assert set(re.findall(r"<(\w+)", rendered)) <= {"p", "br"}
    assert seen("\n".join(paragraphs("\n".join(lines)))) == words("\n".join(lines))


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        (
            "Flux 2 won 71 % of 140 votes (62 to 79 %).",
            "Flux 2 won 71 % of 140 votes (62 to 79 %).",
        ),
        ("see https://a.example/x_y", r"see https\://a.example/x\_y"),
        ("1. a", r"1\. a"),
        ("a-b", "a-b"),
    ],
)
def test_ordinary_sentences_stay_readable(text: str, markup: str) -> None:
    assert escaped(text) == markup
