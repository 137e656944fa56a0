"""Saved prompts: their texts, tags and versions, and the runs made from them."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from projects.kept.models import Kept, KeptQuerySet
from runs.models import Run

MOST_SEED = 2**31 - 1
TAKES = "{prompt}"  # the place of another prompt in a text, as in “{prompt}, ink drawing”


def new_seed() -> int:
    """Return a seed with which a prompt draws some of its alternatives."""
    return secrets.randbelow(MOST_SEED) + 1


class PromptQuerySet(KeptQuerySet["Prompt"]):
    """Filters for saved prompts."""

    def has_word(self, word: str) -> Q:
        """Return the condition that a word is in the name, text, folder or a tag."""
        tagged = PromptTag.objects.filter(prompt=OuterRef("pk"), name__icontains=word)
        return super().has_word(word) | Q(Exists(tagged))

    def taking_prompts(self) -> PromptQuerySet:
        """Return the prompts that take another prompt."""
        return self.filter(text__icontains=TAKES)

    def below(self, folder: str) -> PromptQuerySet:
        """Return the prompts in the folder or in one of its subfolders."""
        return self.filter(Q(folder=folder) | Q(folder__startswith=f"{folder}/"))


class Prompt(Kept):
    """A prompt with a name; a prompt that contains `{prompt}` is put around others."""

    slug, route = "prompt", "library:prompt"
    searched = ("name", "text", "folder")

    name = models.CharField(max_length=80)
    text = models.TextField(
        help_text="as its latest version says; features/library/prompts/grammar.py"
    )
    folder = models.CharField(max_length=200, blank=True, help_text="a path: campaign/fox")
    seed = models.PositiveIntegerField(
        default=new_seed, help_text="by which some of its alternatives are drawn"
    )
    changed_at = models.DateTimeField(auto_now=True)

    objects = PromptQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at", "pk"]
        indexes = [models.Index(fields=["project", "-changed_at"], name="prompt_in_project")]

    @property
    def takes_prompt(self) -> bool:
        """Whether it takes another prompt."""
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
    """A present or former text of a prompt, and its author; the latest is the present one."""

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
    """A run made from a prompt, even if its form was changed before Run."""

    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="made")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["prompt", "run"], name="prompt_run_once"),
        ]

    def __str__(self) -> str:
        return f"{self.prompt_id} {self.run_id}"
