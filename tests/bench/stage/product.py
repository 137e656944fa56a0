"""A running product: a copy of the checkout, started by `manage.py up`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tests.bench.stage.children import ROOT, Child, clean_environment, free_port, wait
from tests.bench.stage.login import by_link, in_browser

if TYPE_CHECKING:
    from tests.bench.stage.stage import Stage

THUMBNAILS_WITHIN_S = 300.0
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv*", ".env", "var", "__pycache__", ".*_cache", "tests", "docs"
)


class Product:
    """Web, worker and a separate database; started on first use."""

    def __init__(
        self,
        stage: Stage,
        name: str = "product",
        database_url: str = "",
        *,
        has_own_sandbox: bool = False,
    ) -> None:
        """`name` tells the products of one stage apart.

        Without a `database_url` it creates an SQLite file; with its own sandbox it starts one, as a
        new user's does, and has no other settings.
        """
        self.stage = stage
        self.up: Child  # set together with the address
        self._has_own_sandbox = has_own_sandbox
        self.name = name
        self.database_url = database_url

    @cached_property
    def checkout(self) -> Path:
        """A copy of the product, with its own `var/`."""
        return Path(shutil.copytree(ROOT, self.stage.scratch / self.name, ignore=LEFT_OUT))

    @cached_property
    def environment(self) -> dict[str, str]:
        port = {"PORT": str(free_port())}
        if self._has_own_sandbox:
            return clean_environment() | port
        # The benchmarks measure speed, not the rate limits.
        environment = self.stage.environment | port | {"RATE_LIMITS": "0"}
        return environment | ({"DATABASE_URL": self.database_url} if self.database_url else {})

    @property
    def login(self) -> str:
        """Return a single-use link that logs the owner in."""
        command = [sys.executable, "manage.py", "login_link"]
        self.address  # noqa: B018  starts it
        return subprocess.run(
            command,
            cwd=self.checkout,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    @cached_property
    def address(self) -> str:
        """Its address, once the catalogue is synced and, on a calm stage, thumbnails are made."""
        environment = self.environment
        command = [sys.executable, "manage.py", "up"]
        self.up = up = self.stage.start(
            f"{self.name}-up", command, cwd=self.checkout, env=environment
        )
        link = up.line("/login/link/").strip()
        address = link.partition("/login/")[0]
        owner = httpx.Client(base_url=address, timeout=30)
        by_link(owner, link)

        def health() -> dict[str, Any]:
            answer: dict[str, Any] = owner.get("/healthz").json()
            return answer

        wait(
            lambda: health().get("last_sync_age_s") is not None, lambda: _why(up, "the first sync")
        )
        if self.stage.is_calm:
            wait(
                lambda: has_pictures(health()["pictures"]),
                lambda: _why(up, "drawing thumbnails"),
                THUMBNAILS_WITHIN_S,
            )
        owner.close()
        return address

    @cached_property
    def cookies(self) -> Any:
        """The cookies of a logged-in browser (Playwright's storage state)."""
        context = self.stage.browser.new_context()
        try:
            in_browser(context.new_page(), self.login)
            return context.storage_state()
        finally:
            context.close()


def has_pictures(counts: dict[str, int]) -> bool:
    """Return whether all thumbnails are made; right after the sync none is queued yet."""
    return counts["kept"] > 0 and not counts["waiting"]


def _why(up: Child, what: str) -> str:
    return f"{what} does not end:\n{up.last_lines()}"
