"""An admin's access to one private run of somebody else, for a day and with a reason."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Look(models.Model):
    """Who may read a run that is not theirs, until when; the reason is in the audit log."""

    run = models.ForeignKey("playground.Run", on_delete=models.CASCADE, related_name="looks")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField()

    class Meta:
        app_label = "playground"
        constraints = [models.UniqueConstraint(fields=["run", "by"], name="look_once_per_run")]

    def __str__(self) -> str:
        return f"{self.by_id} at {self.run_id} until {self.until}"
