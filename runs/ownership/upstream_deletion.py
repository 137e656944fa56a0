"""Plans the deletion of a run's payloads and output files at fal; a worker carries it out.

What people delete here, fal deletes too, and what a project's setting tells fal to forget. Only the
holder of the account's ADMIN key can ask for it (protocol, section 17.3).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from core.formatting import duration_in_words
from runs.models import Artifact, KeptFigures, Run, UpstreamDeletion
from runs.models.querysets import REMOTE, UNFINISHED

ACCOUNT = "account storage"  # the kind of the figures
ROWS_AT_ONCE = 500


class AccountStorage(NamedTuple):
    """The account's storage settings as fal gave them to a worker, and why they are not known."""

    can_delete: bool = False  # a worker has FAL_ADMIN_KEY
    expires_after_s: int | None = None  # None: files do not expire
    is_private: bool = False  # not everybody with its address may read a file
    is_known: bool = False
    trouble: str = ""

    @property
    def in_words(self) -> str:
        """Return how long the account's files stay and who may read them, or why nobody knows."""
        if not self.is_known:
            return self.trouble or "unknown without FAL_ADMIN_KEY"
        life_s = self.expires_after_s
        term = f"for {duration_in_words(life_s)}" if life_s else "without end"
        readers = "those whom its access list names" if self.is_private else "whoever has the link"
        return f"{term}, for {readers}"


def account_storage() -> AccountStorage:
    """Return what is known about the account's storage."""
    row = KeptFigures.objects.filter(pk=ACCOUNT).first()
    return AccountStorage(**row.values) if row else AccountStorage()


def plan_for(runs: QuerySet[Any]) -> None:
    """Plan the deletion of these runs, if they were sent."""
    sent = runs.exclude(request_id="")
    plan(sent.order_by().values_list("pk", "request_id"))


def plan(requests: Iterable[tuple[uuid.UUID, str]]) -> None:
    """Plan the deletion of requests, as pairs of run and request id; one plan for each run."""
    now = timezone.now()
    UpstreamDeletion.objects.bulk_create(
        [UpstreamDeletion(run_id=run, request_id=request, due_at=now) for run, request in requests],
        batch_size=ROWS_AT_ONCE,
        update_conflicts=True,
        unique_fields=["run_id"],
        update_fields=["request_id"],
    )


def pending() -> QuerySet[UpstreamDeletion]:
    """Return the plans that fal has not confirmed, of runs that have ended."""
    return UpstreamDeletion.objects.filter(deleted_at=None).exclude(_has_run(UNFINISHED))


def due() -> QuerySet[UpstreamDeletion]:
    """Return the plans to look at now."""
    return UpstreamDeletion.objects.filter(deleted_at=None, due_at__lte=timezone.now())


def ready() -> QuerySet[UpstreamDeletion]:
    """Return the plans that are due and whose results are no longer needed at fal."""
    uncopied = Artifact.objects.filter(REMOTE, run=OuterRef("run_id"))
    return due().exclude(_has_run(UNFINISHED)).exclude(Exists(uncopied)).order_by("due_at")


def forget(run_ids: Iterable[uuid.UUID]) -> None:
    """Delete the confirmed plans of runs that are purged."""
    UpstreamDeletion.objects.filter(run_id__in=list(run_ids), deleted_at__isnull=False).delete()


def _has_run(condition: object) -> Exists:
    return Exists(Run.objects.filter(condition, pk=OuterRef("run_id")))
