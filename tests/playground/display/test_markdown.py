"""Markdown that models write is rendered as they mean it, without scripts or remote content."""

from playground.display.markdown import MAX_EXTRA, MAX_FACTOR, markdown
from tests.tables import each_row

TEXTS = {
    "これは**「重要」**な点": "これは<strong>「重要」</strong>な点",
    "**注意\uff1a**本文": "<strong>注意\uff1a</strong>本文",
    "这是**“取出”模式**。": "这是<strong>“取出”模式</strong>。",
    "**“공개”**는": "<strong>“공개”</strong>는",
    "a * b **Note:**text": "a * b **Note:**text",
    "~~gone~~": "<s>gone</s>",
    r"\(x_1 * y\) \[a\{1\}\]": r"\(x_1 * y\) \[a\{1\}\]",
    r"$a_1 * b_1$ $$\frac{a}{b}$$": r"$a_1 * b_1$ $$\frac{a}{b}$$",
    "$5 *and* $6": "$5 <em>and</em> $6",
    r"\( \*": "( *",
    "**bold**": "<strong>bold</strong>",
    "one\ntwo": "one<br />\ntwo",
    "<script>x</script>": "&lt;script&gt;x&lt;/script&gt;",
    "[a](javascript:x)": "[a](javascript:x)",
    "![a](https://evil.com/a.png)": '!<a href="https://evil.com/a.png">a</a>',
    "`*a*` ![x](y)": '<code>*a*</code> !<a href="y">x</a>',
}


@each_row("text, html", TEXTS.items())
def test_marks_and_formulas(text, html):
    assert markdown(text) == f"<p>{html}</p>\n"


def test_many_beginnings_of_formulas_take_no_time():
    assert markdown(r"\( $" * 5000)


def test_a_table_is_aligned_without_inline_style():
    html = markdown("|a|b|\n|-:|:-:|\n|1|2|\n")
    assert '<th align="right">a</th>' in html
    assert '<td align="center">2</td>' in html
    assert "style" not in html


def test_a_text_with_much_longer_html_is_shown_plain():
    wide = "|a" * 300 + "|\n" + "|-" * 300 + "|\n" + "|\n" * 300
    html = markdown(wide)
    assert html.startswith("<pre>|a|a")
    assert len(html) < MAX_FACTOR * len(wide) + MAX_EXTRA
