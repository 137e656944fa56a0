"""Files made of a run's results that people can save: their content leads back to the run."""

from __future__ import annotations

from django.db import models

from runs.models.run import Run


class DerivedFile(models.Model):
    """The content of a file made of a result or of a run's output."""

    class What(models.TextChoices):
        """The kind of file; pages show the label."""

        THUMBNAIL = "thumbnail", "the small picture"
        POSTER = "poster", "the still"
        FRAME = "frame", "a frame"
        STRIPPED = "stripped", "the copy without metadata"
        TEXT = "text", "a text"
        OUTPUT = "output", "the raw output"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField(help_text="of the result, or of the text in the output")
    what = models.CharField(max_length=16, choices=What)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["digest", "run", "position", "what"], name="derived_file_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.what} {self.position}"
