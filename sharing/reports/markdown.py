"""A report as Markdown: CommonMark with tables, which wikis, tickets and chats take."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from core.formatting import duration, money
from sharing.reports.content import Candidate
from sharing.reports.sections import SECTIONS
from sharing.reports.showing import Shown, ShownPick

Absolute = Callable[[str], str]
NONE = "\N{EN DASH}"  # in a table, where there is nothing to say
# Characters that mean something anywhere in a line, in CommonMark or in GitHub's tables.
_SIGNS = re.compile(r"([\\`*_\[\]<>|~#&{}$^])")
# What begins a list, a heading's underline or a break, at the beginning of a line.
_BEGINNING = re.compile(r"^(\d{1,9})([.)])|^([-+=:])")
# Addresses become links by themselves in many dialects.
_ADDRESS = re.compile(r"(?i)(:)(?=//)|((?<=www)\.)|(@)")


def as_markdown(shown: Shown, absolute: Absolute) -> str:
    """Return the report; `absolute` makes one of our paths an absolute address."""
    return "\n".join(_lines(shown, absolute)).rstrip() + "\n"


def _lines(shown: Shown, absolute: Absolute) -> Iterator[str]:
    content = shown.content
    of_board = f"{escaped(shown.title)}: " if shown.title else ""
    yield from (f"# {escaped(shown.question)}", "", f"{of_board}{content.size}.")
    if shown.at:
        yield from ("", f"As it was on {shown.at:%-d %B %Y}.")
    sections = {
        "summary": [],
        "winners": [*_list(shown.verdict), *_standings(shown)],
        "candidates": _candidates(shown),
        "judging": _list(shown.judging),
        "pictures": _pictures(shown, absolute),
        "failures": _failures(shown),
        "left_out": _list(shown.left_out),
        "changes": _list(shown.changes),
    }
    for name, lines in sections.items():
        text = shown.texts.get(name, "")
        if lines or text:
            heading = SECTIONS[name]
            if name == "changes":
                heading += f" {shown.since:%-d %B %Y}"
            yield from ("", f"## {heading}", "")
            yield from paragraphs(text) if text else ()
            yield from lines


def _list(sentences: list[str]) -> list[str]:
    return [f"- {escaped(sentence)}" for sentence in sentences]


def _table(heads: list[str], rows: list[list[str]]) -> list[str]:
    lines = [heads, ["---"] * len(heads), *rows]
    return [f"| {' | '.join(cell or NONE for cell in line)} |" for line in lines]


def _candidates(shown: Shown) -> list[str]:
    heads = ["Model", "Licence", "Results", "Time"]
    if shown.has_prices:
        heads[2:2] = ["List price", "Paid per result"]
    return _table(heads, [_candidate(shown, one) for one in shown.content.candidates])


def _candidate(shown: Shown, one: Candidate) -> list[str]:
    name = f"**{escaped(one.name)}**"
    if one.settings:
        name += f" {escaped(one.settings)}"
    cells = [name, escaped(one.license), str(one.results), duration(one.seconds)]
    if shown.has_prices:
        paid = money(one.cost, one.currency) if one.cost is not None else ""
        cells[2:2] = [escaped(one.list_price), escaped(paid)]
    return cells


def _standings(shown: Shown) -> list[str]:
    voted = [one for one in shown.content.candidates if one.votes]
    heads = ["Rank", "Model", "Won", "95 % interval", "Votes"]
    heads += ["Price per win"] if shown.has_prices else []
    rows = []
    for one in voted:
        row = [one.ranks, escaped(one.name), f"{one.percent} %", one.interval, str(one.votes)]
        if shown.has_prices:
            row.append(escaped(money(one.price_per_win, one.currency)))
        rows.append(row)
    return ["", *_table(heads, rows)] if rows else []


def _pictures(shown: Shown, absolute: Absolute) -> list[str]:
    lines: list[str] = []
    for heading, picks in (("Best", shown.best), ("Worst", shown.worst)):
        if picks:
            lines += [f"### {heading}", ""]
        for pick in picks:
            lines += [*_pick(pick, absolute), ""]
    return lines


def _pick(shown: ShownPick, absolute: Absolute) -> Iterator[str]:
    about = f"**{escaped(shown.name)}**, {escaped(shown.pick.facts)}"
    if shown.pick.prompt:
        about += f": {escaped(shown.pick.prompt)}"
    yield about
    if shown.missing:
        yield from ("", f"*{escaped(shown.missing)}*")
    elif shown.text:
        yield from ("", f"> {escaped(shown.text)}")
    elif picture := shown.file if shown.kind == "image" and shown.file else shown.still:
        yield from ("", f"![{escaped(shown.alt)}](<{_address(picture, absolute)}>)")
    elif shown.file:
        yield from ("", f"[The result](<{_address(shown.file, absolute)}>)")


def _address(address: str, absolute: Absolute) -> str:
    """Return an address that cannot end its angle brackets early."""
    full = absolute(address) if address.startswith("/") else address
    return full.replace("\\", "%5C").replace("<", "%3C").replace(">", "%3E").replace("\n", "")


def _failures(shown: Shown) -> list[str]:
    return [f"- {escaped(name)}: {escaped(sentence)}" for name, sentence in shown.failures]


# Escapes what people wrote for Markdown, so that it shows exactly their words.


def escaped(text: str) -> str:
    """Return a text in one line so that Markdown shows exactly its words, and nothing else."""
    line = " ".join("".join(map(_printable, text)).split())
    line = _SIGNS.sub(r"\\\1", line)
    line = _ADDRESS.sub(lambda match: f"\\{match[0]}", line)
    return _BEGINNING.sub(
        lambda match: f"{match[1]}\\{match[2]}" if match[1] else f"\\{match[3]}", line
    )


def _printable(letter: str) -> str:
    return letter if letter.isprintable() or letter.isspace() else "\N{REPLACEMENT CHARACTER}"


def paragraphs(text: str) -> Iterator[str]:
    """Yield the lines of escaped Markdown for what somebody wrote; its line breaks stay."""
    for part in re.split(r"(?<!\n)\n\s*\n", text.strip()):
        lines = [escaped(line) for line in part.splitlines()]
        yield from ("\\\n".join(line for line in lines if line), "")
