"""Starts runs in tests, the same way as the product does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runs.models import Transport
from runs.start import starting
from runs.start.starting import Source, StartRequest, StartResult

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from catalog.models import Endpoint
    from projects.models import Project


def start_run(
    *,
    user: User,
    endpoint: Endpoint,
    arguments: dict[str, Any],
    key: str,
    transport: str = Transport.QUEUE,
    project: Project | None = None,
) -> StartResult:
    """Start a run, as a model's page does."""
    return starting.start(
        StartRequest(
            user=user,
            endpoint=endpoint,
            arguments=arguments,
            source=Source.FORM,
            key=key,
            transport=transport,
            project=project,
        )
    )
