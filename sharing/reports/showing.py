"""A report as it is shown: to members with our own addresses, to visitors with those of a share.

`result_keys` names the files that a report shows; `shown` makes what the fragment
`sharing/reports/_report.html` and the Markdown take. Both ask the database what may be
shown now: the picture of a run that was deleted, or is no longer shared, leaves a sentence.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from core.formatting import counted, enumerated
from library.selection import ResultKey
from playground.display.tiles import text_of
from runs.files.artifact_urls import artifact_url, thumbnail_url
from runs.models import Artifact, Run
from sharing.models import Report
from sharing.reports import content, gathering, sections, words
from sharing.reports.content import Candidate, Content, Pick
from sharing.reports.words import verdict

GONE = "This result was deleted, or is no longer shared."
PLAYED = {"video", "audio"}


class Address(NamedTuple):
    """Where one file of a result is: the file, a small still of it, and the page of its run.

    Each is empty where there is none for who reads the report.
    """

    file: str = ""
    still: str = ""
    page: str = ""


AddressOf = Callable[[Artifact], Address]


@dataclass(frozen=True)
class ShownPick:
    """One of the best or worst results with its file; `missing` says why there is none."""

    pick: Pick
    name: str
    kind: str = ""  # of its file: `image`, `video`, …; `text`
    file: str = ""
    still: str = ""
    page: str = ""
    text: str = ""
    missing: str = ""

    @property
    def is_played(self) -> bool:
        """Whether its file is a film or a sound."""
        return self.kind in PLAYED and bool(self.file)

    @property
    def has_small(self) -> bool:
        """Whether its small picture is another file: a browser then takes what it needs."""
        is_inline = self.file.startswith("data:")
        return bool(self.still) and self.still != self.file and not is_inline

    @property
    def alt(self) -> str:
        """Return what the picture shows, for who does not see it."""
        return f"{self.name}: {self.pick.prompt}" if self.pick.prompt else self.name


@dataclass(frozen=True)
class Shown:
    """All that a report's page shows; `texts` are the maker's own, by section."""

    question: str
    texts: dict[str, str]
    content: Content
    verdict: list[str]
    judging: list[str]
    failures: list[tuple[str, str]]  # (model, sentence)
    left_out: list[str]
    best: list[ShownPick]
    worst: list[ShownPick]
    changes: list[str]
    since: datetime  # what `changes` are compared with
    is_frozen: bool
    is_of_deleted_board: bool
    has_prices: bool

    @property
    def title(self) -> str:
        """Return the board's title; empty if the question says it already."""
        title = self.content.title
        return "" if title.casefold() in self.question.casefold() else title

    @property
    def at(self) -> datetime | None:
        """Return since when it has stayed the same; None if it follows its board."""
        return self.since if self.is_frozen or self.is_of_deleted_board else None


def result_keys(report: Report) -> list[ResultKey]:
    """Return the results whose files the report shows, each once, the first file of each."""
    shown_content = _content_of(report)[0]
    picks = [*shown_content.best, *shown_content.worst]
    runs = dict.fromkeys(uuid.UUID(pick.run) for pick in picks)
    first = _first_files(report, runs)
    return [ResultKey(run, first[run].position) for run in runs if run in first]


def shown(
    report: Report,
    address_of: AddressOf,
    *,
    has_models: bool = True,
    has_prices: bool = True,
) -> Shown:
    """Return the report as it is shown; its board should be loaded.

    `address_of` gives the addresses of a file for who reads it. Without models they are called A,
    B, …; without prices there is no money in it.
    """
    now, before = _content_of(report)
    if not has_models:
        now, before = now.without_models(), before and before.without_models()
    if not has_prices:
        now, before = now.without_prices(), before and before.without_prices()
    is_frozen = report.frozen_at is not None
    older, newer = (now, before) if is_frozen else (before, now)
    runs = _runs(report, [*now.best, *now.worst])
    texts = _texts(runs.values())

    def picks(listed: Iterable[Pick]) -> list[ShownPick]:
        return [
            _shown(pick, now.name_of(pick.candidate), runs.get(pick.run), texts, address_of)
            for pick in listed
        ]

    return Shown(
        question=report.question,
        texts=sections.texts_of(report.sentences),
        content=now,
        verdict=words.verdict(now),
        judging=words.judging(now.judging),
        failures=words.failures(now),
        left_out=words.left_out(now),
        best=picks(now.best),
        worst=picks(now.worst),
        changes=changed(older, newer) if older and newer else [],
        since=report.snapshot_at,
        is_frozen=is_frozen,
        is_of_deleted_board=report.board.deleted_at is not None,
        has_prices=has_prices,
    )


def for_members(artifact: Artifact) -> Address:
    """Return the ordinary addresses of a file: our pages ask who opens them."""
    file = artifact_url(artifact)
    return Address(file, thumbnail_url(artifact, file), artifact.run.get_absolute_url())


def _content_of(report: Report) -> tuple[Content, Content | None]:
    """Return what the report shows, and what it is compared with.

    A report of a deleted board shows what it kept last, which nothing is compared with.
    """
    kept = content.read(report.snapshot)
    if report.board.deleted_at is not None:
        return kept, None
    live = gathering.content_of(report.board)
    return (kept, live) if report.frozen_at is not None else (live, kept)


def _runs(report: Report, picks: Iterable[Pick]) -> dict[str, Run]:
    """Return the runs of these picks that everybody may read who sees the board, by their keys."""
    keys = {pick.run for pick in picks}
    readable = Run.objects.readable_with(report.board).filter(pk__in=keys)
    light = readable.light().with_artifacts()
    return {str(run.pk): run for run in light}


def _first_files(report: Report, runs: Iterable[uuid.UUID]) -> dict[uuid.UUID, Artifact]:
    readable = Run.objects.readable_with(report.board).filter(pk__in=list(runs))
    files = Artifact.objects.filter(run__in=readable).order_by("run_id", "-position")
    return {artifact.run_id: artifact for artifact in files}


def _texts(runs: Iterable[Run]) -> dict[uuid.UUID, str]:
    """Return the texts of runs without files, by their keys; one query if there are any."""
    keys = [run.pk for run in runs if not run.artifacts.all()]
    outputs = Run.objects.filter(pk__in=keys).values_list("pk", "output") if keys else ()
    return {pk: text_of(output) for pk, output in outputs}


def _shown(
    pick: Pick, name: str, run: Run | None, texts: dict[uuid.UUID, str], address_of: AddressOf
) -> ShownPick:
    if run is None:
        return ShownPick(pick, name, missing=GONE)
    artifact = next(iter(run.artifacts.all()), None)
    if artifact is None:
        text = texts.get(run.pk, "")
        return ShownPick(pick, name, kind="text", text=text, missing="" if text else GONE)
    artifact.run = run
    address = address_of(artifact)
    return ShownPick(
        pick,
        name,
        kind=artifact.kind,
        file=address.file,
        still=address.still,
        page=address.page,
        missing="" if address.file or address.still else GONE,
    )


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
