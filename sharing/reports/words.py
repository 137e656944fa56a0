"""The sentences of a report: who won and how sure that is, how it was judged, what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.formatting import counted, enumerated
from sharing.reports.content import Candidate, Content, Judging

MAX_NAMED = 3  # of those that cannot be told apart


def verdict(content: Content) -> list[str]:
    """Return who won, the most important sentence first; honest about what cannot be told."""
    return [*_verdict(content)]


def _verdict(content: Content) -> Iterator[str]:
    if content.taken in content.by_key:
        why = f": {content.taken_why}" if content.taken_why else ""
        yield f"We take {content.name_of(content.taken)}{why.removesuffix('.')}."
    voted = [one for one in content.candidates if one.votes]
    if voted:
        yield _by_votes(content, voted)
    row_winners = [one for one in content.candidates if one.rows_won]
    if row_winners:
        yield _by_rows(content, row_winners)
    starred = [one for one in content.candidates if one.stars is not None]
    if starred and not voted and not row_winners:
        yield _by_stars(starred)
    if not (voted or row_winners or starred):
        is_begun = not content.judging.is_empty
        why = "Nobody has voted or chosen winners" if is_begun else "Nothing has been judged"
        yield f"{why} yet: this report names no winner."
    for verdict_of_tag in content.by_tag:
        yield _of_tag(content, verdict_of_tag.tag, verdict_of_tag.votes, verdict_of_tag.best)


def _by_votes(content: Content, voted: Sequence[Candidate]) -> str:
    top = voted[0]
    won = f"{top.name} won {top.percent} % of {counted(top.votes, 'blind vote')} ({top.interval})"
    if len(voted) == 1:
        return f"{won}; there is nothing to compare it with."
    if not top.unclear:
        return f"{won}: it is better than each of the others."
    if len(top.unclear) == len(voted) - 1 and len(voted) > 2:
        return f"{won}; too few votes to tell it from any of the others."
    return f"{won}; too few votes to tell it from {_named(content, top.unclear)}."


def _named(content: Content, keys: Sequence[int]) -> str:
    names = [content.name_of(key) for key in keys[:MAX_NAMED]]
    more = len(keys) - len(names)
    return enumerated([*names, f"{more} more"] if more else names)


def _by_rows(content: Content, row_winners: Sequence[Candidate]) -> str:
    most = max(one.rows_won for one in row_winners)
    names = [one.name for one in row_winners if one.rows_won == most]
    rows = counted(content.judging.rows_won, "input")
    if len(names) > 1:
        return f"{enumerated(names)} won {most} each of {rows} whose winner was chosen openly."
    return f"{names[0]} won {most} of {rows} whose winner was chosen openly."


def _by_stars(starred: Sequence[Candidate]) -> str:
    top = max(starred, key=lambda one: one.stars or 0)
    return f"{top.name} has the most stars: {top.stars:.1f} of 5 on average. Nobody voted blindly."


def _of_tag(content: Content, tag: str, votes: int, best: int) -> str:
    of_votes = f"{counted(votes, 'blind vote')} on what is tagged “{tag}”"
    if best:
        return f"By {of_votes}, {content.name_of(best)} is better than each of the others."
    return f"{of_votes}: too few to tell which model is best."


def judging(made: Judging) -> list[str]:
    """Return how the results were judged, in sentences."""
    return [*_judging(made)]


def _judging(made: Judging) -> Iterator[str]:
    if made.is_empty:
        yield "Nobody has judged these results yet."
        return
    if made.votes:
        voters = counted(made.voters, "voter")
        guests = f", {counted(made.guests, 'guest')} among them" if made.guests else ""
        yield (
            f"{counted(made.votes, 'blind vote')} by {voters}{guests}: each saw two results of one "
            "input side by side, without names, prices or times."
        )
    if made.is_by_maker:
        who = "the only voter" if made.voters == 1 else f"one of the {made.voters} voters"
        yield f"Who made the board is {who}."
    if made.agreement:
        yield made.agreement
    open_ways = [f"the winners of {counted(made.rows_won, 'input')}"] if made.rows_won else []
    open_ways += [f"stars for {counted(made.starred, 'result')}"] if made.starred else []
    open_ways += [f"pass or fail for {counted(made.decided, 'result')}"] if made.decided else []
    if open_ways:
        yield f"The board's makers chose openly: {enumerated(open_ways)}."
    if made.unjudged:
        yield f"Nobody has judged {counted(made.unjudged, 'result')}."


def left_out(content: Content) -> list[str]:
    """Return what is not in the report, and why, in sentences."""
    return [f"{one.name} {one.words}".strip() for one in content.left_out]


def failures(content: Content) -> list[tuple[str, str]]:
    """Return which runs failed and why, the most frequent first: (model, sentence)."""
    return [
        (
            content.name_of(one.candidate),
            f"{counted(one.count, 'run')} failed. {one.kind}: {one.words}".rstrip(": "),
        )
        for one in content.failures
    ]
