"""Tells the admins of what the status page calls a problem: each once a day, if it lasts."""

from __future__ import annotations

from django.urls import reverse

from accounts import roles
from core.db import clock
from core.periods import day_start
from features.notifications import kinds, outbox
from house.operations import status

CHECK_EVERY_S = 300.0
WORDS = 5  # that say which problem it is: figures and names follow

_before: frozenset[str] = frozenset()  # what was wrong at this process's last look


def tell_admins() -> float:
    """Tell of what is wrong now and was at the last look; returns seconds to the next one."""
    global _before
    problems = {" ".join(problem.split()[:WORDS]): problem for problem in status.problems()}
    lasting = [key for key in problems if key in _before]
    _before = frozenset(problems)
    admins = list(roles.admins()) if lasting else []
    for admin in admins:
        for key in lasting:
            outbox.notify(
                admin,
                kinds.TROUBLE,
                subject=problems[key],
                path=reverse("admin:status"),
                key=f"trouble {day_start(clock.now()):%Y-%m-%d} {key}"[:160],
            )
    return CHECK_EVERY_S
