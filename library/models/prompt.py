"""Saved prompts: their texts, tags and versions, and the runs that were made from them."""

from __future__ import annotations

import secrets
import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from projects.models import InProject, InProjectQuerySet
from projects.models.in_project import is_shown_to
from projects.models.project import private_project
from runs.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from projects.models import Project

MOST_SEED = 2**31 - 1
TAKES = "{prompt}"  # in a text: where another prompt goes in, as in “{prompt}, ink drawing”


def new_seed() -> int:
    """Return a seed by which a prompt draws some of its alternatives."""
    return secrets.randbelow(MOST_SEED) + 1


class PromptQuerySet(InProjectQuerySet["Prompt"]):
    """Filters for saved prompts."""

    def kept(self) -> PromptQuerySet:
        """Those that are not deleted."""
        return self.filter(deleted_at=None)

    def offered_in(self, project: Project, user: User) -> PromptQuerySet:
        """What a field offers: the project's, and one's private ones.

        No query for a request's own user.
        """
        own = Q(project=private_project(user))
        return self.kept().filter(own | Q(is_shown_to(user), project=project))

    def with_words(self, text: str) -> PromptQuerySet:
        """Those that have each of the words in their name, text, folder or tags."""
        rows = self
        for word in text.split():
            tagged = PromptTag.objects.filter(prompt=OuterRef("pk"), name__icontains=word)
            here = Q(name__icontains=word) | Q(text__icontains=word) | Q(folder__icontains=word)
            rows = rows.filter(here | Q(Exists(tagged)))
        return rows

    def taking_prompts(self) -> PromptQuerySet:
        """Those that another prompt goes into."""
        return self.filter(text__icontains=TAKES)

    def below(self, folder: str) -> PromptQuerySet:
        """Those in the folder, or in one within it."""
        return self.filter(Q(folder=folder) | Q(folder__startswith=f"{folder}/"))


class Prompt(InProject):
    """A prompt with a name; one with `{prompt}` in it is put around other prompts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    text = models.TextField(help_text="as its latest version says; library/prompts/grammar.py")
    folder = models.CharField(max_length=200, blank=True, help_text="a path: campaign/fox")
    seed = models.PositiveIntegerField(
        default=new_seed, help_text="by which some of its alternatives are drawn"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, help_text="can be undone for a while")

    objects = PromptQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at", "pk"]
        indexes = [models.Index(fields=["project", "-changed_at"], name="prompt_in_project")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of the prompt's page."""
        return reverse("library:prompt", args=[self.pk])

    @property
    def takes_prompt(self) -> bool:
        """Whether another prompt goes into it."""
        return TAKES in self.text.casefold()


class PromptTag(models.Model):
    """One tag of a prompt, in lower case."""

    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=40)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["prompt", "name"], name="prompt_tag_once"),
        ]

    def __str__(self) -> str:
        return self.name


class PromptVersion(models.Model):
    """A text that a prompt has or had, and who wrote it; the latest is the prompt's own."""

    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="versions")
    text = models.TextField()
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.prompt_id} {self.made_at:%Y-%m-%d %H:%M}"


class PromptRun(models.Model):
    """That a run was made from a prompt, whatever was changed in the form before Run."""

    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="made")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["prompt", "run"], name="prompt_run_once"),
        ]

    def __str__(self) -> str:
        return f"{self.prompt_id} {self.run_id}"
