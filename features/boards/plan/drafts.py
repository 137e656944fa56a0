"""Saves the plan that a user is editing, until it is run or discarded.

Each user has at most one draft, offered in the project where it was started.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from features.boards.models import PlanDraft
from features.boards.plan.groups import Post

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from projects.models import Project

MAX_CHARS = 1_000_000  # a table of 400 long prompts is a tenth of it


def save(user: User, project: Project, post: Post) -> None:
    """Save the form's contents; if they are too large, the previous state is kept."""
    if len(json.dumps(post)) <= MAX_CHARS:
        PlanDraft.objects.update_or_create(
            user_id=user.pk, defaults={"project": project, "post": post}
        )


def load(user: User, project: Project) -> Post:
    """Return the last contents of the form; empty without a draft in this project."""
    draft = PlanDraft.objects.filter(user_id=user.pk, project=project).first()
    return draft.post if draft else {}


def discard(user: User, project: Project) -> None:
    """Delete the draft once the plan has run, or before a new plan."""
    PlanDraft.objects.filter(user_id=user.pk, project=project).delete()
