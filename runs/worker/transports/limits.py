"""How long a run over one connection waits, and how often its progress is published."""

from __future__ import annotations

from dataclasses import dataclass

from runs.worker.following.poll_intervals import PATIENCE


@dataclass(frozen=True, slots=True)
class DirectLimits:
    """Durations in seconds."""

    write_every_s: float = 0.2  # between writes of partial outputs
    announce_every_s: float = 0.025  # between announcements to open pages, without a commit
    unheard_pause_s: float = 1.0  # after one that was too long, or that no process received
    # A rejection mostly comes at once; a run that is then requeued should not be shown as running.
    grace_s: float = 0.5
    # After this time without a partial output the page explains that the run may still be working.
    quiet_s: float = 10.0
    # A gateway without a free machine refuses within this time; a later 503 may be the model's own.
    turned_away_within_s: float = 5.0
    list_pauses_s: tuple[float, ...] = PATIENCE.list_pauses_s


DIRECT_LIMITS = DirectLimits()
