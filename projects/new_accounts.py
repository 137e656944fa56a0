"""Creates a private project with each account."""

from __future__ import annotations

from typing import Any

from auditlog.signals import pre_log
from django.contrib.auth.models import User
from django.db.models.signals import post_save

from projects.models.project import Membership, Project, private_project


def connect() -> None:
    """Connect the receivers, once."""
    post_save.connect(_made, sender=User, dispatch_uid="projects.new_account")
    pre_log.connect(_is_logged, sender=Project, dispatch_uid="projects.audited_project")
    pre_log.connect(_is_logged, sender=Membership, dispatch_uid="projects.audited_membership")


def _made(instance: User, created: bool, raw: bool = False, **_: Any) -> None:
    if created and not raw:  # raw: from a fixture, which contains the project
        private_project(instance)


def _is_logged(instance: Project | Membership, **_: Any) -> bool:
    """Leave private projects out of the audit log: each account has one.

    django-auditlog writes nothing if a receiver returns False.
    """
    project = instance.project if isinstance(instance, Membership) else instance
    return not project.is_private
