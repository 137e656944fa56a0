"""Everybody's private project, made with the account."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models.signals import post_save

from projects.models.project import private_project


def connect() -> None:
    """Connect the receiver, once."""
    post_save.connect(_made, sender=User, dispatch_uid="projects.new_account")


def _made(instance: User, created: bool, raw: bool = False, **_: Any) -> None:
    if created and not raw:  # raw: from a fixture, which has the project's row as well
        private_project(instance)
