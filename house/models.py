"""Invitations to the house, and the permissions that its roles were given."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.roles import Role
from projects.models import Membership, Project


class GivenPermission(models.Model):
    """A permission that a role's group was given once; if removed, it is not given again."""

    role = models.CharField(max_length=16)
    permission = models.CharField(max_length=160, help_text="such as projects.add_project")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["role", "permission"], name="permission_given_once")
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.permission}"


class Invitation(models.Model):
    """A link with which people join the house; the database only has its token's digest."""

    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token")
    role = models.CharField(max_length=8, choices=Role, default=Role.MEMBER)
    email = models.EmailField(blank=True, help_text="whom it is for; empty: whoever has the link")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(
        null=True, help_text="when its link was mailed, and shown to nobody; empty: it was shown"
    )
    max_uses = models.PositiveIntegerField(null=True, blank=True, help_text="empty: any number")
    uses = models.PositiveIntegerField(default=0)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.role} for {self.email or 'whoever has the link'}"

    @property
    def proves_address(self) -> bool:
        """Whether opening it proves the e-mail address, because its link was only mailed there."""
        return bool(self.email) and self.sent_at is not None

    @property
    def is_expired(self) -> bool:
        """Whether it has expired."""
        return self.expires_at <= timezone.now()

    @property
    def is_used_up(self) -> bool:
        """Whether all its uses are taken."""
        return self.max_uses is not None and self.uses >= self.max_uses

    @property
    def is_open(self) -> bool:
        """Whether people may still join by it."""
        return self.revoked_at is None and not self.is_expired and not self.is_used_up


class InvitedProject(models.Model):
    """A project that an invitation leads to, with the role there."""

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="projects")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=8, choices=Membership.Role, default=Membership.Role.MAKER)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["invitation", "project"], name="project_once_per_invitation"
            )
        ]

    def __str__(self) -> str:
        return f"{self.invitation_id} {self.project_id} {self.role}"


class Joining(models.Model):
    """A user who has joined by an invitation."""

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="joinings")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="joinings"
    )
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-joined_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["invitation", "user"], name="joined_once_by_each")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} by {self.invitation_id}"
