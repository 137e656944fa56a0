"""Whitespace that only a template's reader needs is removed; visible whitespace stays."""

import pytest
from django.template.loader import get_template

from core.template_whitespace import collapse_whitespace


@pytest.mark.parametrize(
    ("source", "collapsed"),
    [
        ("<ul>\n  <li>\n    One\n  </li>\n</ul>\n", "<ul><li>One</li></ul>"),
        ("<a>x</a>\n<a>y</a>", "<a>x</a> <a>y</a>"),
        ("<p>\n  a long\n  sentence\n</p>", "<p>a long sentence</p>"),
        ("<b>x</b>\n<button>\n  Go\n</button>\n<b>y</b>", "<b>x</b> <button>Go</button> <b>y</b>"),
        ("<pre>\n  a\n    b</pre>\n<p>", "<pre>\n  a\n    b</pre><p>"),
        ("<textarea>\n{{ text }}</textarea>", "<textarea>\n{{ text }}</textarea>"),
        ("<div>\n  {% if a %}\n    <p>x</p>\n  {% endif %}\n</div>",
         "<div>{% if a %}<p>x</p>{% endif %}</div>"),
        ('<li {% if a > b %}\n  hidden\n  {% endif %}>\n  x</li>',
         '<li {% if a > b %} hidden {% endif %}>x</li>'),
        ("{% comment %}\n  <p>\n{% endcomment %}\n<p>{# no #}\nx", "<p>x"),
        ("<p>{{ a }}\n{% if b %}\n  · {{ b }}\n{% endif %}</p>",
         "<p>{{ a }} {% if b %} · {{ b }} {% endif %}</p>"),
    ],
)  # fmt: skip
def test_only_insignificant_whitespace_is_removed(source, collapsed):
    assert collapse_whitespace(source) == collapsed


def test_collapsing_is_idempotent():
    once = collapse_whitespace("<p>\n  a <b\n    class='x'\n  >b</b>\n</p>\n<a>c</a>\n")

    assert collapse_whitespace(once) == once


def test_templates_are_loaded_without_their_indentation():
    source = get_template("base.html").template.source  # type: ignore[attr-defined]

    assert "\n" not in source
    assert '<html lang="en" data-port="{{ port }}" {% if theme %}' in source
