"""An admin's access to one private thing of somebody else, for a day and with a reason."""

from __future__ import annotations

from django.conf import settings
from django.db import models


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
