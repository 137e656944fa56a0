"""Notifies the admins of lasting problems on the status page, once a day each."""

from __future__ import annotations

from django.urls import reverse

from accounts import roles
from core.db import clock
from core.periods import day_start
from features.notifications import kinds, outbox
from house.operations import status

CHECK_EVERY_S = 300.0
WORDS = 5  # that identify a problem: figures and names follow

_before: frozenset[str] = frozenset()  # problems at this process's last check


def tell_admins() -> float:
    """Notify of problems that lasted since the last check; return seconds until the next one."""
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
