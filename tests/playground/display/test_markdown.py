"""A model's Markdown becomes HTML that is safe and about as long as its text."""

from __future__ import annotations

import pytest

from playground.display.markdown import MAX_EXTRA, MAX_FACTOR, markdown


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**bold**", "<p><strong>bold</strong></p>\n"),
        ("one\ntwo", "<p>one<br />\ntwo</p>\n"),
        ("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>\n"),
        ("[a](javascript:x)", "<p>[a](javascript:x)</p>\n"),
        ("![a](https://evil.com/a.png)", '<p>!<a href="https://evil.com/a.png">a</a></p>\n'),
    ],
)
def test_markdown_is_rendered_without_scripts_or_remote_content(text: str, html: str) -> None:
    assert markdown(text) == html


def test_a_table_is_aligned_without_inline_style() -> None:
    html = markdown("|a|b|\n|-:|:-:|\n|1|2|\n")
    assert '<th align="right">a</th>' in html
    assert '<td align="center">2</td>' in html
    assert "style" not in html


def test_a_text_with_much_longer_html_is_shown_plain() -> None:
    wide = "|a" * 300 + "|\n" + "|-" * 300 + "|\n" + "|\n" * 300
    html = markdown(wide)
    assert html.startswith("<pre>|a|a")
    assert len(html) < MAX_FACTOR * len(wide) + MAX_EXTRA
