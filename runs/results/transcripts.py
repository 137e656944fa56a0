"""The lines of a transcript in a run's output, with their times, and as TXT, SRT and VTT.

The models name them `chunks` (whisper), `segments`, `utterances` or `words` (scribe), and give the
times in seconds as `timestamp: [start, end]` or as `start` and `end` (protocol, section 13).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from fal.db_safe import db_safe_text

LISTS = ("segments", "chunks", "utterances", "sentences", "words")  # the best one first
TEXTS = ("text", "sentence", "transcript", "word", "utterance", "punctuated_word")
SPEAKERS = ("speaker", "speaker_id", "speaker_label")
STARTS, ENDS = ("start", "start_time", "start_s"), ("end", "end_time", "end_s")
MOST_ROWS = 200_000
WORDS_SAMPLE = 5000  # rows that decide whether they are single words
ON_PAGE = 500  # lines that a page shows at once
LONGEST_LINE, PAUSE_S = 90, 1.0  # words are joined to lines of this many characters, up to a pause
_ENDING = re.compile(r"[.!?…。\uff01\uff1f][\"'”\u2019)]*$")
_NUMBERED = re.compile(r"(?i)(?:speaker[ _-]?)?(\d{1,3})")


@dataclass(frozen=True, slots=True)
class Line:
    """What was said from `start` to `end`, in seconds; `end` may be unknown."""

    start: float
    end: float | None
    text: str
    speaker: str = ""

    @property
    def at(self) -> str:
        """The time at which it begins: `1:05`, `1:02:05`."""
        minutes, seconds = divmod(int(self.start), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@dataclass(frozen=True)
class LinesOnPage:
    """Some lines of a transcript, the number of those before, and whether more follow."""

    lines: list[Line]
    after: int
    has_more: bool

    @property
    def next_after(self) -> int:
        """Return how many lines the page has with these."""
        return self.after + len(self.lines)


def on_page(output: Any, after: int = 0) -> LinesOnPage:
    """Return the lines that a page shows after so many others."""
    lines = list(islice(lines_of(output), after, after + ON_PAGE + 1))
    return LinesOnPage(lines[:ON_PAGE], after, len(lines) > ON_PAGE)


def lines_of(output: Any) -> Iterator[Line]:
    """Yield the transcript's lines in their order; none if the output has none with times."""
    if not isinstance(output, dict):
        return
    holders = [output, *(value for value in output.values() if isinstance(value, dict))]
    for name in LISTS:
        for holder in holders:
            rows = holder.get(name)
            if not isinstance(rows, list):
                continue
            sample = list(_lines(rows[:WORDS_SAMPLE]))
            if sample:
                lines = _lines(rows[:MOST_ROWS])
                yield from _joined(lines) if _are_words(name, sample) else lines
                return


def as_txt(lines: Iterable[Line]) -> str:
    """Return one line of text for each, with the speaker where it changes."""
    texts, speaker = [], ""
    for line in lines:
        texts.append(f"{line.speaker}: {line.text}" if line.speaker != speaker else line.text)
        speaker = line.speaker
    return "\n".join(texts) + "\n"


def as_srt(lines: Iterable[Line]) -> str:
    """Return SubRip subtitles."""
    cues = (
        f"{number}\n{_span(line, ',')}\n{_spoken(line)}\n"
        for number, line in enumerate(_ended(lines), 1)
    )
    return "\n".join(cues)


def as_vtt(lines: Iterable[Line]) -> str:
    """Return WebVTT subtitles; a speaker is a voice tag."""
    cues = (
        f"{_span(line, '.')}\n"
        f"{f'<v {_escaped(line.speaker)}>' if line.speaker else ''}{_escaped(line.text)}\n"
        for line in _ended(lines)
    )
    return "\n".join(["WEBVTT\n", *cues])


FORMATS = {
    "txt": (as_txt, "text/plain; charset=utf-8"),
    "srt": (as_srt, "application/x-subrip; charset=utf-8"),
    "vtt": (as_vtt, "text/vtt; charset=utf-8"),
}


def _lines(rows: list[Any]) -> Iterator[Line]:
    for row in rows:
        if not isinstance(row, dict) or row.get("type") == "spacing":
            continue
        text = _first_text(row, TEXTS)
        start, end = _times(row)
        if text and start is not None:
            yield Line(start, end, text, _speaker(row))


def _times(row: dict[str, Any]) -> tuple[float | None, float | None]:
    pair = row.get("timestamp")
    if isinstance(pair, list) and pair:
        return _seconds(pair[0]), _seconds(pair[1]) if len(pair) > 1 else None
    return _first_seconds(row, STARTS), _first_seconds(row, ENDS)


def _first_seconds(row: dict[str, Any], names: Iterable[str]) -> float | None:
    return next((value for name in names if (value := _seconds(row.get(name))) is not None), None)


def _seconds(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < 1e6 else None


def _first_text(row: dict[str, Any], names: Iterable[str]) -> str:
    texts = (row[name] for name in names if isinstance(row.get(name), str))
    return " ".join(db_safe_text(next(texts, "")).split())


def _speaker(row: dict[str, Any]) -> str:
    """Return the speaker's name; `SPEAKER_00` and `speaker_0` are `Speaker 1`."""
    value = next((row[name] for name in SPEAKERS if row.get(name) is not None), "")
    if value == "":
        return ""
    name = " ".join(db_safe_text(str(value)).split())[:60]
    numbered = _NUMBERED.fullmatch(name)
    return f"Speaker {int(numbered[1]) + 1}" if numbered else name


def _are_words(name: str, lines: list[Line]) -> bool:
    """Whether the rows are single words: whisper's `chunks` can be words too."""
    singles = sum(" " not in line.text for line in lines)
    return name == "words" or (len(lines) > 5 and singles > 0.8 * len(lines))


def _joined(words: Iterable[Line]) -> Iterator[Line]:
    """Join words to lines: up to a sentence's end, a pause, another speaker, or a full line."""
    line: Line | None = None
    for word in words:
        if line is None or _begins_line(line, word):
            if line:
                yield line
            line = word
        else:
            line = Line(line.start, word.end, f"{line.text} {word.text}", line.speaker)
    if line:
        yield line


def _begins_line(last: Line, word: Line) -> bool:
    is_after_pause = last.end is not None and word.start - last.end > PAUSE_S
    is_full = len(last.text) + len(word.text) >= LONGEST_LINE
    is_other = word.speaker != last.speaker
    return is_after_pause or is_full or is_other or bool(_ENDING.search(last.text))


def _ended(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the lines with an end: at most the next one's start, else three seconds later."""
    listed = list(lines)
    for line, following in zip(listed, [*listed[1:], None], strict=True):
        end = line.end if line.end is not None and line.end > line.start else line.start + 3
        end = max(min(end, following.start), line.start) if following else end
        yield Line(line.start, end, line.text, line.speaker)


def _span(line: Line, point: str) -> str:
    return f"{_clock(line.start, point)} --> {_clock(line.end or line.start, point)}"


def _clock(seconds: float, point: str) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{point}{thousandths:03}"


def _spoken(line: Line) -> str:
    return f"{line.speaker}: {line.text}" if line.speaker else line.text


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
