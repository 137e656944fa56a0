"""Keeps the plan that a person has begun, until it is run or begun afresh."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from boards.models import PlanDraft
from boards.plan.groups import Post

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_CHARS = 1_000_000  # a table of 400 long prompts is a tenth of it


def save(user: User, post: Post) -> None:
    """Keep what the form holds; a plan that is too large keeps the state before."""
    if len(json.dumps(post)) <= MAX_CHARS:
        PlanDraft.objects.update_or_create(user_id=user.pk, defaults={"post": post})


def load(user: User) -> Post:
    """What the form held last; empty without a plan that was begun."""
    found = PlanDraft.objects.filter(user_id=user.pk).first()
    return found.post if found else {}


def discard(user: User) -> None:
    """Forget the plan: it was run, or a new one begins."""
    PlanDraft.objects.filter(user_id=user.pk).delete()
