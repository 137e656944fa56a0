"""What the playground's pages promise to the runs that they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async

from playground import takeovers
from playground.display import renderers
from playground.form.dependants import HouseDefaults, Presets
from runs.promises.dependants import Dependants
from runs.promises.keeping import Keeps
from runs.promises.lifecycle import Job, Lifecycle
from runs.promises.places import LiveView, Places

if TYPE_CHECKING:
    import fal
    from core.notify import channel


class PlaygroundOwner(Lifecycle, Keeps, Places):
    """Pages and lists of runs, which change with them."""

    def live_views(self) -> Mapping[str, LiveView]:
        """Return the views that the playground's own pages show."""
        return {
            kind: LiveView(renderers.changed_fragments, is_of_list=kind in renderers.OF_LISTS)
            for kind in renderers.KINDS
        }

    def dependants(self) -> Sequence[Dependants]:
        """Return the kinds of presets."""
        return (Presets(), HouseDefaults())

    def jobs(self, signal: channel.Signal, upstream: fal.Clients | None) -> Sequence[Job]:
        """Return the job by which deputies take over."""
        due = sync_to_async(takeovers.take_over_due)
        return (Job("deputies take over", due, wakes_on_change=True),)
