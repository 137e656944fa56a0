"""References: named sets of pictures (`@bottle`), their versions, and the runs that used them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Case, IntegerField, Q, Value, When

from core.db.json_field import ExactJSONField
from core.refusals import Refused
from projects.kept.models import Kept, KeptQuerySet
from projects.models import Project
from projects.models.project import private_project
from runs.models import Run
from schemas.uses.mentions import key_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import User


class ReferenceQuerySet(KeptQuerySet["Reference"]):
    """Filters for references."""

    def offered_in(self, project: Project, user: User) -> ReferenceQuerySet:
        """Return what `@` offers: the project's references, then hidden and private ones.

        Of equal names, the first one counts. No query for a request's own user.
        """
        own = Q(project=private_project(user))
        rank = Case(
            When(own & ~Q(project=project), then=Value(2)),
            When(is_hidden=True, then=Value(1)),
            default=Value(0),
            output_field=IntegerField(),
        )
        rows = super().offered_in(project, user)
        return rows.annotate(rank=rank).order_by("rank", "key", "created_at", "pk")

    def has_word(self, word: str) -> Q:
        """Return the condition that a word is in the name, whatever its case, or description."""
        return Q(key__contains=word.casefold()) | Q(description__icontains=word)

    def namesakes(self, user: User, project: Project, name: str) -> ReferenceQuerySet:
        """Return the references with this name that the user sees in the project."""
        return self.kept().in_project(project, user).filter(key=key_of(name))

    def require_free(self, user: User, project: Project, name: str) -> None:
        """Raise Refused if a reference that the user sees in the project has the name.

        Hidden references do not count, as that would reveal their names. Simultaneous requests
        wait for the lock on the project's row. A move between projects may still lead to equal
        names: then the order of `offered_in` decides, and their pages say so.
        """
        Project.objects.select_for_update().get(pk=project.pk)
        if self.namesakes(user, project, name).exists():
            raise NameTaken(name)


class NameTaken(Refused):
    """Another reference that the user sees in the project has the name."""

    field = "name"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is an @{name} here already. Choose another name, or change it.")


class Reference(Kept):
    """A character, product, place or look: up to 20 pictures, a description, perhaps a LoRA."""

    slug, route = "reference", "library:reference"
    most_in_project = 1_000

    class Kind(models.TextChoices):
        """The kind of thing that a reference shows."""

        CHARACTER = "character", "Character"
        PRODUCT = "product", "Product"
        PLACE = "place", "Place"
        LOOK = "look", "Look"

    kind = models.CharField(max_length=12, choices=Kind, default=Kind.PRODUCT)
    name = models.CharField(max_length=40)
    key = models.CharField(max_length=160, help_text="what equal names share: mentions.key_of")
    description = models.TextField(blank=True)
    pictures = ExactJSONField(default=list, help_text="addresses of uploads, the cover first")
    lora = models.CharField(max_length=200, blank=True, help_text="address of a result")
    changed_at = models.DateTimeField(auto_now=True)

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at", "pk"]
        indexes = [
            models.Index(fields=["project", "-changed_at"], name="reference_in_project"),
            models.Index(fields=["project", "key"], name="reference_by_name"),
        ]

    def __str__(self) -> str:
        return f"@{self.name}"

    def make_place(self, user: User) -> Iterable[str]:
        """Raise NameTaken if another reference has taken its name meanwhile."""
        Reference.objects.require_free(user, self.project, self.name)
        return ()

    @property
    def cover(self) -> str:
        """Return the address of its first picture; empty without one."""
        return self.pictures[0] if self.pictures else ""


class ReferenceVersion(models.Model):
    """Present or former contents of a reference, and their author; the latest are present."""

    reference = models.ForeignKey(Reference, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    pictures = ExactJSONField(default=list)
    description = models.TextField(blank=True)
    lora = models.CharField(max_length=200, blank=True)
    change = models.CharField(max_length=200, help_text="since the version before, in words")
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["reference", "number"], name="reference_version_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference_id} {self.number}"


class ReferenceRun(models.Model):
    """A run that used a reference: which version, and what the model took of it."""

    reference = models.ForeignKey(Reference, on_delete=models.CASCADE, related_name="uses")
    version = models.PositiveIntegerField()
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    words = models.CharField(max_length=400, help_text="what was used and what was left out")
    is_whole = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference", "run"], name="reference_run_once"),
        ]

    def __str__(self) -> str:
        return f"{self.reference_id} {self.run_id}"
