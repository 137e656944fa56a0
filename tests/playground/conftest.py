"""The fixtures of runs, for tests of pages."""

from tests.runs.conftest import (
    artifact,
    ask,
    catalogue,
    deliver,
    flux,
    helper_programs,
    sandbox,
    sandbox_process,
    signer,
    synced,
    team,
    work,
)

__all__ = [
    "artifact", "ask", "catalogue", "deliver", "flux", "helper_programs", "sandbox",
    "sandbox_process", "signer", "synced", "team", "work",
]  # fmt: skip
