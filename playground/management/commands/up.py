"""`manage.py up`: everything that one person needs, in one process tree."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from config import local, owner, processes
from config.processes import HOST, Process, python


class Command(BaseCommand):
    """Web, worker and, without a key, the sandbox; prints the link that logs the owner in."""

    help = "Starts web, worker and, without a key, the sandbox. PORT chooses the port."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until Ctrl-C."""
        port = settings.PORT
        processes.require_free(port)
        environment = processes.inherited() | {
            "UPSTREAM": settings.UPSTREAM,
            "FAL_KEY": settings.FAL_KEY,
        }
        children = []
        if settings.UPSTREAM == "sandbox" and not os.environ.get("FAL_QUEUE_URL"):
            sandbox = self._sandbox(port + 1)
            environment |= sandbox.environment
            local.write_sandbox(
                {name: environment[name] for name in environment if name.startswith("FAL_")}
            )
            children.append(sandbox)
            sandbox.start()
        live_port = processes.free_port(port + 2)
        if not settings.REALTIME_URL and not settings.PUBLIC_URL:  # else a proxy leads to it
            environment["REALTIME_URL"] = f"ws://{HOST}:{live_port}"
        link = self._prepare(port)
        worker = Process("worker", python("manage.py", "worker"), environment)
        # Eight threads would each keep an arena of freed memory; two are as fast.
        web_environment = processes.without_key(environment) | {"MALLOC_ARENA_MAX": "2"}
        web = Process("web", self._web(port), web_environment)
        live = python("manage.py", "realtime", "--port", str(live_port))
        realtime = Process("realtime", live, environment)
        children = [web, worker, realtime, *children]
        web.start()
        worker.start()
        realtime.start()
        if not processes.wait_until_answering(f"http://{HOST}:{port}/login/", [web]):
            processes.end(children)
            sys.exit("Vitrine did not start: the web process ended; its message stands above.")
        upstream = (
            "fal" if settings.UPSTREAM == "fal" else "the bundled sandbox (no FAL_KEY is set)"
        )
        self.stdout.write(f"\nVitrine is up, on {upstream}. Open this link:\n\n    {link}\n")
        self.stdout.write("Ctrl-C stops it.")
        self.stdout.flush()
        processes.supervise(children)
        local.SANDBOX_FILE.unlink(missing_ok=True)

    def _prepare(self, port: int) -> str:
        """Database and static files brought up to date; the owner's link."""
        try:
            plan = MigrationExecutor(connection)
            if plan.migration_plan(plan.loader.graph.leaf_nodes()):
                self.stdout.write("Preparing the database")
                call_command("migrate", verbosity=0, interactive=False)
            token = owner.token(owner.ensure())
        except DatabaseError as error:
            raise ImproperlyConfigured(
                f"the database of DATABASE_URL cannot be used ({str(error).strip().splitlines()[0]})."
            ) from error
        finally:
            connection.close()
        self._collect_static()
        return f"http://{HOST}:{port}/login/link/{token}/"

    def _collect_static(self) -> None:
        """Collect and compress static files when a source is newer than the last time."""
        import django_htmx

        stamp_file = Path(settings.STATIC_ROOT) / ".stamp"
        sources = [settings.BASE_DIR / "static", settings.BASE_DIR / "config"]
        stamp = f"{processes.folder_stamp(*sources)} {django_htmx.__file__}"
        if stamp_file.exists() and stamp_file.read_text() == stamp:
            return
        shutil.rmtree(settings.STATIC_ROOT, ignore_errors=True)
        call_command("collectstatic", verbosity=0, interactive=False)
        stamp_file.write_text(stamp)

    def _sandbox(self, preferred: int) -> Process:
        port = processes.free_port(preferred)
        environment = processes.sandbox_environment(port, f"sandbox:{secrets.token_hex(16)}")
        command = python("-m", "sandbox", "--port", str(port), "--key", environment["FAL_KEY"])
        data = str(settings.VAR_DIR / "sandbox")
        return Process(
            "sandbox", [*command, "--data-dir", data], processes.inherited() | environment
        )

    def _web(self, port: int) -> list[str]:
        return python(
            *("-m", "uvicorn", "config.asgi:application", "--host", HOST, "--port", str(port)),
            *("--log-level", "warning", "--no-access-log", "--timeout-graceful-shutdown", "2"),
            *("--ws", "none", "--no-server-header"),
        )
