"""`manage.py sync_models`: synchronizes the catalogue with upstream."""

from __future__ import annotations

import asyncio
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from catalog import upstream
from catalog.models import SyncReport
from catalog.sync import pipeline, post_sync
from core.formatting import counted

Show = Callable[[SyncReport], None]
_MAX_NAMES = 10


class Command(BaseCommand):
    """Reads the listing, then the schemas that are new or changed.

    Continues where a stopped sync ended.
    """

    help = (
        "Bring the catalogue up to date from upstream. "
        "Safe to stop at any time: the next sync continues."
    )
    requires_system_checks = []  # they import every page

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --full and --json."""
        parser.add_argument("--full", action="store_true", help="fetch every schema again")
        parser.add_argument(
            "--json", action="store_true", help="print the summary as one JSON object"
        )

    def handle(self, *args: Any, full: bool, json: bool, **options: Any) -> None:
        """Run a sync; progress goes to stderr, the summary to stdout."""
        try:
            with _progress_display(sys.stderr.isatty() and not json, is_silent=json) as show:
                report = asyncio.run(_sync(full, show))
        except pipeline.AlreadyRunning as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError(
                "Stopped. What has arrived is stored; the next sync continues."
            ) from None
        post_sync.run()
        summary = _summary(report)
        self.stdout.write(orjson.dumps(summary).decode() if json else _summary_text(report))
        if report.state != SyncReport.State.DONE:
            raise CommandError(f"The catalogue was not read to its end: {report.error}")


async def _sync(full: bool, show: Show) -> SyncReport:
    async with upstream.clients() as clients:
        return await pipeline.run(clients.platform, full=full, progress=show)


@contextmanager
def _progress_display(is_terminal: bool, *, is_silent: bool) -> Iterator[Show]:
    """Yield a progress callback: a bar on a terminal, else lines, or nothing if silent."""
    if is_silent:
        yield lambda report: None
    elif is_terminal:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("Reading the list", total=None)

            def show(report: SyncReport) -> None:
                if report.schemas_due:
                    description = f"{counted(report.listed, 'model')}, reading schemas"
                    done, due = report.schemas_done, report.schemas_due
                    bar.update(task, description=description, completed=done, total=due)
                else:
                    bar.update(task, description="Reading the list", completed=report.listed)

            yield show
    else:
        yield _Lines()


class _Lines:
    """Prints a line to stderr for each tenth of the work."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, report: SyncReport) -> None:
        line = f"{counted(report.listed, 'model')} listed"
        if report.schemas_due:
            tenth = report.schemas_done * 10 // report.schemas_due
            line += f", {tenth * 10} % of {report.schemas_due:,} schemas read"
        if line != self._last:
            print(line, file=sys.stderr, flush=True)
            self._last = line


def _summary(report: SyncReport) -> dict[str, Any]:
    ended = report.ended_at or report.started_at
    return {
        "state": report.state,
        "error": report.error,
        "seconds": round((ended - report.started_at).total_seconds(), 3),
        "listed": report.listed,
        "schemas_due": report.schemas_due,
        "schemas_read": report.schemas_done,
        "new": report.new,
        "changed": report.changed,
        "gone": report.gone,
        "failed": [{"what": subject, "why": why} for subject, why in report.failed],
    }


def _summary_text(report: SyncReport) -> str:
    """The summary as text: counts, then the first new, changed, gone and failed models."""
    lines = [
        f"{counted(report.listed, 'model')} listed: {len(report.new)} new, "
        f"{len(report.changed)} changed, {len(report.gone)} gone; "
        f"{report.schemas_done:,} of {report.schemas_due:,} schemas read; "
        f"{len(report.failed)} failed."
    ]
    failed = [f"{subject}: {why}" for subject, why in report.failed]
    for title, entries in (
        ("New", report.new),
        ("Changed", report.changed),
        ("Gone", report.gone),
        ("Failed", failed),
    ):
        if entries:
            more = f" and {len(entries) - _MAX_NAMES} more" if len(entries) > _MAX_NAMES else ""
            lines.append(f"{title}: {', '.join(entries[:_MAX_NAMES])}{more}")
    return "\n".join(lines)
