"""How many of the last hour's calls to a model failed at fal, in a sentence (ADR 90).

There are two sources: the runs of the page's project that its reader sees, and fal's analytics,
which count every call of the account and which the worker keeps (`runs/worker/model_calls.py`).
The account's figures are only shown as a share: they contain the work of other projects.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from core.formatting import counted
from runs.models import KeptFigures, Run
from runs.models.querysets import RunQuerySet
from runs.progress import current_upstream

FIGURES = "calls of models"  # kind of the figures in `KeptFigures`: endpoint's key → Counted
WINDOW = timedelta(hours=1)
VALID_S = 900.0  # after which the account's figures are too old to be shown
FEWEST_OF_ACCOUNT = 5  # calls; a share of fewer would be somebody's single run
FEWEST_OWN = 2  # the run itself, and one more
MOST_OWN = 500  # newest runs that are counted
LATE = timedelta(seconds=30)  # from when on a waiting run's page says how others fare
AT_FAL = 0.2  # of the calls; from this share on it is probably not the input
STATUS_PAGE = "https://status.fal.ai/"
_TIMEOUTS = {"generation_timeout", "request_timeout", "startup_timeout"}


@dataclass(frozen=True)
class ModelCalls:
    """The calls to a model within the last hour: all, refused for their input, failed at fal."""

    calls: int
    refused: int
    failed: int
    is_account: bool = False

    @property
    def is_at_fal(self) -> bool:
        """Whether so many failed at fal that an input is hardly the reason."""
        return self.failed > 1 and self.failed >= AT_FAL * self.calls

    @property
    def sentence(self) -> str:
        """Return what the counts mean for the reader's own run."""
        succeeded = self.calls - self.refused - self.failed
        if self.is_at_fal:
            start = f"In the last hour {self._part(self.failed)} to this model failed at fal"
            return f"{start}, so it is probably not your input."
        if self.refused > 1 and self.refused > succeeded:
            return f"In the last hour the model refused the input of {self._part(self.refused)}."
        if succeeded > self.failed:
            return f"Others succeed: {self._part(succeeded)} succeeded in the last hour."
        return f"In the last hour {self._part(self.failed)} to this model failed at fal."

    @property
    def status_page(self) -> str:
        """Return the address where fal reports outages; empty with the sandbox."""
        return "" if current_upstream.is_free() else STATUS_PAGE

    def _part(self, count: int) -> str:
        if self.is_account:
            return f"{round(100 * count / self.calls)} % of the account's calls"
        return f"{count} of {counted(self.calls, 'call')}"


def beside_run(run: Run) -> ModelCalls | None:
    """Return the calls for the page of a run that failed just now, or that waits for long."""
    has_failed = run.state == Run.State.FAILED and timezone.now() - run.created_at < WINDOW
    is_waiting = run.is_awaited and (run.note or run.took > LATE)
    if not (is_waiting or has_failed):
        return None
    runs = Run.objects.readable_with(run).filter(project_id=run.project_id)
    calls = calls_to(run.endpoint_id, runs)
    # An outage says nothing about an input that the model has refused.
    is_refused = has_failed and not is_failure_of_fal(run.error or {})
    return None if calls and calls.is_at_fal and is_refused else calls


def calls_to(endpoint: int, runs: RunQuerySet) -> ModelCalls | None:
    """Return the calls by the source that knows more; None if neither knows enough.

    `runs` are those that the reader sees. Two queries.
    """
    own, of_account = _own(endpoint, runs), _of_account(endpoint)
    known = [
        *([own] if own.calls >= FEWEST_OWN else []),
        *([of_account] if of_account and of_account.calls >= FEWEST_OF_ACCOUNT else []),
    ]
    return max(known, key=lambda source: source.calls, default=None)


def _own(endpoint: int, runs: RunQuerySet) -> ModelCalls:
    ended = runs.filter(
        endpoint_id=endpoint,
        created_at__gte=timezone.now() - WINDOW,
        state__in=[Run.State.SUCCEEDED, Run.State.FAILED],
        sent_at__isnull=False,
    )
    errors = list(ended.order_by("-created_at").values_list("error", flat=True)[:MOST_OWN])
    failed = sum(is_failure_of_fal(error) for error in errors if error)
    return ModelCalls(len(errors), sum(map(bool, errors)) - failed, failed)


def is_failure_of_fal(error: dict[str, Any]) -> bool:
    """Whether a run's error is fal's or the model's: a 5xx or a timeout (protocol, 11)."""
    status, kind = error.get("status"), str(error.get("type") or "")
    return kind in _TIMEOUTS or (isinstance(status, int) and status >= 500)


def _of_account(endpoint: int) -> ModelCalls | None:
    values = KeptFigures.objects.filter(pk=FIGURES).values_list("values", flat=True).first() or {}
    kept = values.get(str(endpoint))
    if not kept or timezone.now().timestamp() - kept["at"] > VALID_S:
        return None
    return ModelCalls(kept["calls"], kept["refused"], kept["failed"], is_account=True)
