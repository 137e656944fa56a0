"""What has changed on a board since a report kept its content."""

from __future__ import annotations

from collections.abc import Iterator

from core.formatting import counted, enumerated
from sharing.reports.content import Candidate, Content
from sharing.reports.words import verdict


def changed(before: Content, now: Content) -> list[str]:
    """Return the differences in sentences, those of the outcome first."""
    return [*_of_judging(before, now), *_of_board(before, now), *_of_models(before, now)]


def _of_judging(before: Content, now: Content) -> Iterator[str]:
    old, new = before.judging, now.judging
    if new.votes > old.votes:
        yield f"{counted(new.votes - old.votes, 'blind vote')} more: {new.votes} in all."
    elif new.votes < old.votes:
        yield f"Of {counted(old.votes, 'blind vote')} {new.votes} still count."
    for name, was, is_now in (
        ("Winners of inputs", old.rows_won, new.rows_won),
        ("Results with stars", old.starred, new.starred),
        ("Results passed or failed", old.decided, new.decided),
    ):
        if was != is_now:
            yield f"{name}: {is_now} instead of {was}."
    if (now_best := verdict(now)[:1]) != verdict(before)[:1]:
        yield from (f"Now: {sentence}" for sentence in now_best)


def _of_board(before: Content, now: Content) -> Iterator[str]:
    for noun, was, is_now in (
        ("input", before.rows, now.rows), ("result", before.results, now.results),
    ):  # fmt: skip
        if is_now > was:
            yield f"{counted(is_now - was, noun)} more: {is_now:,} in all."
        elif is_now < was:
            yield f"{counted(was - is_now, noun)} fewer: {is_now:,} in all."
    added = [one.name for one in now.candidates if one.key not in before.by_key]
    removed = [one.name for one in before.candidates if one.key not in now.by_key]
    if added:
        yield f"New on the board: {enumerated(added)}."
    if removed:
        yield f"No longer on the board: {enumerated(removed)}."


def _of_models(before: Content, now: Content) -> Iterator[str]:
    for new in now.candidates:
        if old := before.by_key.get(new.key):
            yield from _of_model(old, new)


def _of_model(old: Candidate, new: Candidate) -> Iterator[str]:
    if new.name != old.name:
        yield f"{old.name} is called {new.name} now."
    if new.list_price != old.list_price:
        was, is_now = old.list_price or "unknown", new.list_price or "unknown"
        yield f"{new.name}: the list price was {was} and is {is_now} now."
    if new.license != old.license:
        yield f"{new.name}: the licence was “{old.license}” and is “{new.license}” now."
    if new.schema != old.schema:
        yield f"{new.name} has another version of its inputs and outputs than it had."
    if new.refusal != old.refusal:
        yield f"{new.name}: {new.refusal or 'it can be run as before again.'}"
