"""The check of browser tests finds reads of the database that come too early."""

import pytest

from tests.presses import problems

PRESS, SEE, LOOK = "page.click('a')", "expect(page).to_have_title('b')", "Run.objects.count()"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([PRESS, SEE, LOOK], []),
        ([PRESS, LOOK], [3]),
        ([PRESS, "eventually(page, lambda: Run.objects.count())"], []),
        (["with page.expect_response('/a/'):", f"    {PRESS}", LOOK], []),
        ([SEE, "page.wait_for_timeout(50)"], [3]),
        (["assert page.evaluate(FRAMES) <= 3"], [2]),
        (["assert page.evaluate('innerWidth') <= 3"], []),
    ],
)
def test_a_look_after_a_press_waits_for_what_is_seen(lines, found):
    body = "\n".join(f"    {line}" for line in lines)
    source = f"def test_a(page):\n{body}\nFRAMES = 'await requestAnimationFrame'\n"
    assert [line for line, _ in problems(source)] == found
