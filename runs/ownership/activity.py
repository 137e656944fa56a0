"""Finds the time of a project's latest run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Subquery

from projects.models import Project
from projects.models.in_project import is_shown_to
from runs.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def latest(user: User, projects: Collection[int]) -> Mapping[int, datetime]:
    """Return the start of the latest run that the user sees in each of their projects."""
    # A subquery for each project, by the index `run_in_project`: a maximum would read all runs.
    runs = Run.objects.kept().filter(is_shown_to(user), project=OuterRef("pk"))
    last = Subquery(runs.order_by("-created_at").values("created_at")[:1])
    rows = Project.objects.filter(pk__in=projects).order_by().annotate(last_run_at=last)
    return {pk: at for pk, at in rows.values_list("pk", "last_run_at") if at is not None}
