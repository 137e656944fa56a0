"""Lines of a log are shown as a terminal would show them."""

import pytest

from runs.progress.shown_log import shown_log
from tests.tables import each_row

pytestmark = pytest.mark.any_database
LOGS: list[tuple[list[str], list[str]]] = [
    (["Loading \x1b[1;32mmodel\x1b[0m"], ["Loading model"]),
    (["\r0%| | 0/3\r33%|# | 1/3\r100%|###| 3/3"], ["100%|###| 3/3"]),
    (["\r 10%", "\r 20%", "\r 30%\n", "done"], [" 30%\n", "done"]),
    (["a", "10%", "\x1b[A\x1b[2K20%", "\x1b[1A\r30%"], ["a", "30%"]),
    (["a", "b", "c", "\x1b[2Ab, again"], ["a", "b, again"]),
    (["\x1b[9Afirst"], ["first"]),
    (["\x1b[2K", "", "\x1b]0;title\x07\x1b(Bx\x08\x1b"], ["", "x"]),
    (["one\r\ntwo\r\n", "20 % \\r [1;32m"], ["one\ntwo\n", "20 % \\r [1;32m"]),
]


@each_row("messages, shown", LOGS)
def test_a_line_is_shown_in_its_last_state(messages, shown):
    lines = shown_log({"message": message, "level": "INFO"} for message in messages)
    assert lines == [{"message": message, "level": "INFO"} for message in shown]
