"""What the playground's pages promise to the runs that they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from playground.display import renderers
from playground.form.dependants import HouseDefaults, Presets
from runs.promises.dependants import Dependants
from runs.promises.owners import LiveView, RunOwner


class PlaygroundOwner(RunOwner):
    """Pages and lists of runs, which change with them."""

    def live_views(self) -> Mapping[str, LiveView]:
        """Return the views that the playground's own pages show."""
        return dict.fromkeys(renderers.KINDS, LiveView(renderers.changed_fragments))

    def dependants(self) -> Sequence[Dependants]:
        """Return the kinds of presets."""
        return (Presets(), HouseDefaults())
