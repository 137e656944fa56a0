"""The check of regular expressions finds those that take minutes for some text."""

import pytest

from tests.patterns import Analysis


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        (r"(a+)+b", "nested"),
        (r"(?:\w+\s?)*x", "nested"),
        (r".*.*zq", "adjacent"),
        (r"x\s*\n?\s*y", "adjacent"),
        (r"\S*/uploads", "restarted"),
        (r"/\*(?s:.)*?\*/", "restarted"),
    ],
)
def test_a_slow_pattern_is_found(pattern, kind):
    assert kind in " ".join(Analysis(pattern).problems(is_searched=True))


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?:\w+\.)*\w+!",
        r"\w+\s+\w+",
        r"(?<!\S)\S*/uploads",
        r"(?>a+)+b",
        r"x\s*+\n?\s*+y",
        r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}",
        r"\d+",
        r'"[^"]*"',
    ],
)
def test_a_pattern_that_keeps_in_step_is_none(pattern):
    assert not Analysis(pattern).problems(is_searched=False)
