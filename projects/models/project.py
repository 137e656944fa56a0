"""Projects, their members, and the project that a person has chosen."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.urls import reverse

from core.db.json_field import ExactJSONField

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

PRIVATE = "private"  # the slug of the user's private project in URLs


class ProjectQuerySet(models.QuerySet["Project"]):
    """Filters for projects."""

    def with_member(self, user: User | AnonymousUser) -> ProjectQuerySet:
        """The projects that the user is a member of, their private one too."""
        return self.filter(memberships__user_id=user.pk or 0)

    def active(self) -> ProjectQuerySet:
        """The projects that are not archived."""
        return self.filter(archived_at=None)


class Project(models.Model):
    """A folder for work, with members. Every user is the only member of their private project."""

    class FalKeeps(models.TextChoices):
        """How long fal keeps the files of a project's runs; pages show the label."""

        ACCOUNT = "", "What the account's settings say"
        HOUR = "hour", "Files for an hour"
        DAY = "day", "Files for a day"
        WEEK = "week", "Files for a week"
        MONTH = "month", "Files for a month"
        NOTHING = "nothing", "Nothing once the results are here"

    slug = models.SlugField(max_length=60, unique=True, allow_unicode=True)
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=300, blank=True)
    person = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.CASCADE,
        related_name="private_project",
        help_text="whose private project it is; null: a shared one",
    )
    hides_new_runs = models.BooleanField(
        default=False, help_text="new runs are for their user's own eyes, not for all members"
    )
    retention_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="runs are deleted this long after their end; null: as the house does",
    )
    files_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="files of results go this long after the run's end; null: as the house does",
    )
    fal_keeps = models.CharField(
        "what fal keeps", max_length=8, choices=FalKeeps, blank=True, default="", db_default=""
    )
    deputies_take_over = models.BooleanField(
        default=False,
        db_default=False,
        help_text="of runs whose model does not respond or declines, within the same estimate",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(
        null=True, blank=True, help_text="kept to look at since; nothing begins in it"
    )

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the URL of the project's page."""
        return reverse("projects:project", args=[self.key])

    @property
    def key(self) -> str:
        """Return its name in `?project=`."""
        return PRIVATE if self.is_private else self.slug

    @property
    def is_private(self) -> bool:
        """Whether it is somebody's private project."""
        return self.person_id is not None

    def for_new_work(self) -> dict[str, Any]:
        """Return the fields of a new row that lives in the project (`InProject`)."""
        return {"project": self, "is_hidden": self.hides_new_runs}


class Membership(models.Model):
    """A person in a project, with one role."""

    class Role(models.TextChoices):
        """Each role includes the rights of those before it; pages show the label."""

        VIEWER = "viewer", "Viewer"
        MAKER = "maker", "Maker"
        MANAGER = "manager", "Manager"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=8, choices=Role, default=Role.MAKER)
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["joined_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="member_once_per_project")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.project_id}"

    @property
    def audit_name(self) -> str:
        """Return the names of the member and the project."""
        return f"{self.user} in {self.project}"

    @property
    def may_make(self) -> bool:
        """Whether the member may run models and change what lives in the project."""
        return self.role in (self.Role.MAKER, self.Role.MANAGER)

    @property
    def may_manage(self) -> bool:
        """Whether the member may change members and settings, and delete others' work."""
        return self.role == self.Role.MANAGER


def private_project(user: User) -> Project:
    """Return the user's private project; creates it if it is missing.

    No query for the request's user.
    """
    try:
        return user.private_project
    except Project.DoesNotExist:
        project, is_new = Project.objects.get_or_create(
            person=user, defaults={"name": "Private", "slug": f"{PRIVATE}-{user.pk}"}
        )
        if is_new:
            Membership.objects.create(project=project, user=user, role=Membership.Role.MANAGER)
        return project


class Choice(models.Model):
    """The project that a person works in at present; without a row, their private one.

    It refers to the membership, and is deleted together with it.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="project_choice",
    )
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.user_id} in {self.membership_id}"


class Look(models.Model):
    """A user's permission to read a row of others for a time; the audit log has the reason.

    `kind` and `row` identify any row that lives in a project and has a UUID as its key.
    """

    kind = models.CharField(max_length=100, help_text="the row's model, such as playground.run")
    row = models.UUIDField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["row", "kind", "by"], name="look_once_per_row")
        ]

    def __str__(self) -> str:
        return f"{self.by_id} at {self.kind} {self.row} until {self.until}"


class Move(models.Model):
    """Rows that a person moved to a project at once, and where each was before."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    target = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    rows = ExactJSONField(help_text="[[model's label, key of the former project, [keys of rows]]]")
    created_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.user_id} to {self.target_id}"
