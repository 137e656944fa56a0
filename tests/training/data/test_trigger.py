"""Trigger words are found as words, in any script."""

from __future__ import annotations

import unicodedata

from tests.tables import each_row
from training.data.trigger import has_trigger, prefixed


@each_row(
    ("text", "trigger", "expected"),
    [
        ("a token on a table", "TOK", False),
        ("a TOK on a table", "TOK", True),
        ("a tok-style photo", "TOK", True),
        ("TOK, a fox", "TOK", True),
        ("TOK_2 and STOKE", "TOK", False),
        ("a fox like TOK", "TOK", True),
        ("(TOK's hat)", "TOK", True),
        ("a TOKTOK and a TOK", "TOK", True),
        ("Füchse im Schnee", "Füchs", False),
        ("ein fuchs", "Fu\u0308chs", False),
        ("ein Füchs", "Fu\u0308chs", True),
        ("लोमड़ी", "लोमड़", False),
        ("एक लोमड़ी यहाँ", "लोमड़ी", True),
        ("photo of sks dog", "sks dog", True),
        ("photo of sks dogs", "sks dog", False),
        ("a <s0><s1> cat", "<s0>", True),
        ("<s0>cat", "<s0>", True),
        ("", "TOK", False),
    ],
)
@each_row("form", ["NFC", "NFD"])
def test_a_trigger_must_be_a_whole_word(text: str, trigger: str, expected: bool, form: str) -> None:
    assert has_trigger(unicodedata.normalize(form, text), trigger) is expected  # type: ignore[arg-type]


def test_a_caption_is_prefixed_once() -> None:
    once = prefixed("a token on a table", "TOK")
    assert once == "TOK, a token on a table"
    assert prefixed(once, "TOK") == once
    assert prefixed("", "TOK") == "TOK"
