"""The API's hooks for files that arrive in parts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.db.models import Count
from django.urls import reverse

from accounts import permissions
from api.fal_proxy import parts
from api.models import Token
from core.db import clock
from core.formatting import counted
from runs.models import Charge
from runs.promises.dependants import MOST, Dependant, Dependants
from runs.promises.keeping import Keeps
from runs.promises.lifecycle import Job, Lifecycle

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    import fal
    from catalog.models import Endpoint
    from core.notify import channel


TRAFFIC_OF = timedelta(days=30)


class Programs(Dependants):
    """The tokens whose programs have run the model lately; only the programs can change that."""

    name, label, model, movable = "token", "API", Token, False

    def rows(self, endpoint: Endpoint, target: Endpoint | None) -> Any:
        return Token.objects.filter(pk__in=self._counts(endpoint))

    def find(self, user: User, endpoint: Endpoint, target: Endpoint | None) -> list[Dependant]:
        counts = self._counts(endpoint)
        rows = self.rows(endpoint, target).select_related("user")
        seen = rows if permissions.may_see_runs(user) else rows.filter(user=user)
        return [
            Dependant(
                self,
                row,
                f"{row.name}: {counted(counts[row.pk], 'run')} in 30 days",
                reverse("api:tokens") if row.user_id == user.pk else "",
                owner=row.user.get_short_name() or row.user.get_username(),
            )
            for row in seen[:MOST]
        ]

    def _counts(self, endpoint: Endpoint) -> dict[int, int]:
        """Return the number of runs by token."""
        since = clock.now() - TRAFFIC_OF
        charges = Charge.objects.filter(endpoint=endpoint, created_at__gt=since)
        by_token = charges.exclude(token_id=None).order_by().values_list("token_id")
        return dict(by_token.annotate(Count("pk")))


class ApiOwner(Lifecycle, Keeps):
    """Parts of uploads count towards quotas, and are deleted when abandoned."""

    def held_bytes(self, user_id: int) -> int:
        """Return the size of the user's parts."""
        return parts.bytes_of(user_id)

    def dependants(self) -> Sequence[Dependants]:
        """Return the programs."""
        return (Programs(),)

    def jobs(self, signal: channel.Signal, upstream: fal.Clients | None) -> Sequence[Job]:
        """Return the job that deletes abandoned parts."""
        return (Job("delete abandoned parts", sync_to_async(parts.purge_stale)),)
