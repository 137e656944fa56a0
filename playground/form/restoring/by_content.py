"""Finds the run that made a file by the file's content, or by an address of the run."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

from django.db.models import Q
from django.urls import reverse

from core.formatting import counted
from playground.form.prefill import sources
from playground.form.restoring.outcomes import UNKNOWN, NotFound, Offer, Restored
from runs.models import DerivedFile, Run, Upload
from runs.models.input_file import naming
from runs.models.querysets import RunQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import User

DIGEST = re.compile(r"[0-9a-f]{64}")
ADDRESS = re.compile(r"/runs/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")


def by_digest(user: User, digest: str) -> Restored | Offer:
    """Find the newest run with a result of this SHA-256, or what was made of a result.

    Else the upload that it is of. Raises NotFound.
    """
    digest = digest.lower()
    if not DIGEST.fullmatch(digest):
        raise NotFound(UNKNOWN)
    run = _visible(user).filter(artifacts__digest=digest).order_by("-created_at").first()
    if run is not None:
        return of_run(run)
    if derived := _of_derived_file(user, digest):
        return derived
    uploads = Upload.objects.filter(digest=digest).select_related("project")
    ordered = sorted(uploads, key=lambda upload: upload.user_id != user.pk)
    upload = next((upload for upload in ordered if upload.is_readable_by(user)), None)
    if upload is None:
        raise NotFound(UNKNOWN)
    return _of_upload(user, upload)


def by_address(user: User, address: str) -> Restored:
    """Find the run by the address of its page or one of its files; raises NotFound."""
    match = ADDRESS.search(address)
    run = _visible(user).filter(pk=uuid.UUID(match[1])).first() if match else None
    if run is None:
        raise NotFound("That is no run you can see.")
    return of_run(run)


def of_run(run: Run, what: str = "") -> Restored:
    """Return what fills the form from a run; `what` is what of it was brought, if not a result."""
    origin = f"That was {what} of a result. " if what else ""
    return Restored(
        run.endpoint,
        f"run:{run.pk}",
        f"{origin}The settings of {sources.run_label(run)} are back.",
    )


def using(user: User, upload: Upload) -> RunQuerySet:
    """Return the runs that have an upload as an input and that the user may see, newest first."""
    prefix = f'"/uploads/{upload.pk}/'
    return naming(_visible(user), upload.pk, prefix).order_by("-created_at")


def _of_derived_file(user: User, digest: str) -> Restored | None:
    # A copy without metadata tells its origin to nobody else: who votes blind could save one.
    own = Q(run__user=user) | ~Q(what=DerivedFile.What.STRIPPED)
    files = DerivedFile.objects.filter(own, digest=digest)
    positions = {file.run_id: file for file in files}
    run = _visible(user).filter(pk__in=positions).order_by("-created_at").first()
    return of_run(run, positions[run.pk].get_what_display()) if run else None


def _of_upload(user: User, upload: Upload) -> Offer:
    count = using(user, upload).count()
    return Offer(
        f"This is an upload, “{upload.file_name}”, which {counted(count, 'run')} used."
        if count
        else f"This is an upload, “{upload.file_name}”, which no run has used yet.",
        f"{reverse('playground:restorations')}?upload={upload.pk}",
        "See the runs" if count else "See the upload",
        is_weak=True,
    )


def _visible(user: User) -> RunQuerySet:
    return Run.objects.visible_to(user).with_endpoint().light("arguments")
