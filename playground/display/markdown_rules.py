"""Rules for text of models that CommonMark misreads: formulas, and bold next to CJK characters."""

from __future__ import annotations

from typing import Any
from unicodedata import east_asian_width

from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned

# Where a formula begins, and its end; `$$` before `$`.
_FORMULAS = {"\\(": "\\)", "\\[": "\\]", "$$": "$$", "$": "$"}
_MOST_CHARS = 2000  # of a formula; bounds the search for the end of each


class Inline(ParserInline):
    """The inline parser with our formula rule and delimiter state."""

    def __init__(self) -> None:
        super().__init__()
        self.ruler.before("escape", "formula", _formula)

    def parse(self, src: str, md: Any, env: Any, tokens: Any) -> Any:
        """Return the tokens of a text, as markdown-it's own method does."""
        state = _State(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


class _State(StateInline):
    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:
        """Let `*` and `~` open and close between a bracket and a sign of a script without spaces.

        CommonMark wants a space there, which Chinese, Japanese and Korean do not write.
        """
        can_open, can_close, count = super().scanDelims(start, canSplitWord)
        before, after = self.src[start - 1 : start], self.src[start + count : start + count + 1]
        if canSplitWord and before.strip() and after.strip():
            can_open = can_open or _is_wide(before)
            can_close = can_close or _is_wide(after)
        return Scanned(can_open, can_close, count)


def _is_wide(sign: str) -> bool:
    return east_asian_width(sign) in {"W", "F"}


def _formula(state: StateInline, silent: bool) -> bool:
    """Keep a formula as it is: LaTeX's backslashes, stars and underscores are not marks."""
    for begin, end in _FORMULAS.items():
        if state.src.startswith(begin, state.pos):
            start = state.pos + len(begin)
            at = state.src.find(end, start, min(state.posMax, start + _MOST_CHARS))
            after = at + len(end)
            text = state.src[start:at]
            is_next_amount = state.src[after : after + 1].isdigit()  # "$5 or $6"
            if at <= start or (begin == "$" and (text != text.strip() or is_next_amount)):
                continue
            if not silent:
                state.push("text", "", 0).content = state.src[state.pos : after]
            state.pos = after
            return True
    return False
