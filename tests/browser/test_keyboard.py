"""The keys that handlers receive, with every layout and input method."""

from typing import Any

import pytest

from config.settings import BASE_DIR

pytestmark = pytest.mark.browser
# the focused element, the browser's event, the key that handlers receive
KEYS: list[tuple[str, dict[str, Any], str | None]] = [
    ("textarea", {"key": "Enter", "keyCode": 229}, None),
    ("textarea", {"key": "Enter", "isComposing": True}, None),
    ("textarea", {"key": "Enter", "ctrlKey": True}, "Enter"),
    ("textarea", {"key": "\u043b", "code": "KeyK", "ctrlKey": True}, "k"),
    ("textarea", {"key": "\u043b", "code": "KeyK"}, "\u043b"),
    ("select", {"key": "\u043b", "code": "KeyK"}, "\u043b"),
    ("body", {"key": "\u03ba", "code": "KeyK"}, "k"),
    ("body", {"key": "K", "code": "KeyK", "metaKey": True}, "k"),
    ("body", {"key": "K", "code": "KeyK", "shiftKey": True}, "K"),
    ("body", {"key": "k", "code": "KeyV", "ctrlKey": True}, "k"),
    ("body", {"key": "&", "code": "Digit1"}, "1"),
    ("body", {"key": "\u0663", "code": "Digit3"}, "3"),
    ("body", {"key": "-", "code": "Digit6"}, "-"),
    ("body", {"key": "?", "code": "Digit7", "shiftKey": True}, "?"),
]


def test_handlers_get_the_key_that_was_meant(contexts):
    page = contexts.take().new_page()
    page.set_content("<textarea></textarea><select></select>")
    page.add_script_tag(path=BASE_DIR / "static" / "js" / "keyboard.js")
    seen = page.evaluate(
        """(rows) => rows.map(([place, event]) => {
            let key = null;
            const target = document.querySelector(place);
            const take = (event) => (key = event.key);
            target.addEventListener("keydown", take);
            target.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, ...event }));
            target.removeEventListener("keydown", take);
            return key;
        })""",
        KEYS,
    )
    assert seen == [key for _, _, key in KEYS]
