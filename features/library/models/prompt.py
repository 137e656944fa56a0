"""Saved prompts: their texts and tags, and the runs made from them."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, OuterRef, Q

from projects.kept.models import Kept, KeptQuerySet
from runs.models import Run


class PromptQuerySet(KeptQuerySet["Prompt"]):
    """Filters for saved prompts."""

    def has_word(self, word: str) -> Q:
        """Return the condition that a word is in the name, text, folder or a tag."""
        tagged = PromptTag.objects.filter(prompt=OuterRef("pk"), name__icontains=word)
        return super().has_word(word) | Q(Exists(tagged))

    def below(self, folder: str) -> PromptQuerySet:
        """Return the prompts in the folder or in one of its subfolders."""
        return self.filter(Q(folder=folder) | Q(folder__startswith=f"{folder}/"))


class Prompt(Kept):
    """A prompt with a name; its text may have variables and alternatives."""

    slug, route = "prompt", "library:prompt"
    searched = ("name", "text", "folder")

    name = models.CharField(max_length=80)
    text = models.TextField(help_text="features/library/prompts/grammar.py reads it")
    folder = models.CharField(max_length=200, blank=True, help_text="a path: campaign/fox")
    changed_at = models.DateTimeField(auto_now=True)

    objects = PromptQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at", "pk"]
        indexes = [models.Index(fields=["project", "-changed_at"], name="prompt_in_project")]


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
