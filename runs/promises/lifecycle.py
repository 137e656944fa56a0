"""What apps add to the life of a run: how it is filled in, its start, its sums, its end, jobs."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from runs.promises.registry import RunOwner

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    import fal
    from catalog.models import Endpoint
    from core.notify import channel
    from projects.models import Project
    from runs.models import Charge, Run
    from runs.promises.named_inputs import NameResolver, OfferedName


@dataclass(frozen=True)
class Job:
    """A recurring job of every worker: `run` does it once and returns the seconds until the next.

    With `wakes_on_change` it runs earlier: a second after the database has changed.
    """

    name: str
    run: Callable[[], Awaitable[float]]
    wakes_on_change: bool = False


# (user, endpoint, key) → the `FormState` of the model's page; None if there is no such source. The
# page is above the runs, so this layer cannot import its type.
FillForm = Callable[["User", "Endpoint", str], Any]


class Lifecycle(RunOwner):
    """What an app does when runs start and end."""

    def form_sources(self) -> Mapping[str, FillForm]:
        """Return the functions that fill a model's form from `?<kind>=<key>`, by kind."""
        return {}

    def on_start(self, user: User, origins: Mapping[Run, Sequence[str]]) -> None:
        """Note new runs, and what their forms were filled in from, in their transaction.

        `origins` are marks, `<kind>:<key>`, that apps have put into the forms; anybody can post any
        mark, and most runs have none. All runs have the same user.
        """

    def name_resolver(self, user: User, project: Project) -> NameResolver | None:
        """Return a function that replaces names of the app's things (`named_inputs.py`).

        It is for runs that the user starts in the project. Only the first name may cost a query.
        """
        return None

    def names_offered(self, user: User, project: Project) -> Sequence[OfferedName]:
        """Return some of the app's things that the user may mention in the project."""
        return ()

    def on_charges(
        self, user: User, charges: Sequence[Charge], before: Decimal = Decimal(0)
    ) -> None:
        """Raise `refused_starts.Forbidden` if runs may not cost so much; nothing is written yet.

        Called last in the transaction that starts them, while nobody else can start any. It may
        assign an expected sum to charges about which nothing is known. `before` is the sum that the
        same run has reserved earlier: a live session reserves repeatedly.
        """

    def on_settle(self, charge: Charge) -> None:
        """Write in the transaction that settles, releases or corrects a charge's sum.

        `charge` has its present values. Be as quick as `on_end`, and do not fail.
        """

    def on_end(self, run: Run, changes: Mapping[str, Any]) -> None:
        """Write in the transaction that ends a run; called once for each run.

        `run` is the locked row in its previous state, without its large columns; `changes` has the
        columns that the end changes. Be quick, and do not fail: an exception undoes the end. Do not
        write more than a row or two here; anything else belongs in a job.
        """

    def on_shown_end(self, user_id: int, run_ids: Sequence[uuid.UUID]) -> None:
        """Record that an open page of the user has shown the end of these runs, mostly once."""

    def notifies_of_end(self, run: Run) -> bool:
        """Whether the app itself notifies the user of this run's end, so no message is sent."""
        return False

    def jobs(self, signal: channel.Signal, upstream: fal.Clients | None) -> Sequence[Job]:
        """Return the recurring jobs of each worker; several workers may do one at once.

        `signal` wakes jobs that wait for changes. `upstream` is None in a worker without a key.
        """
        return ()
