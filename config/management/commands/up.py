"""`manage.py up`: web, worker and, without a key, the sandbox in one process tree."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from accounts.sign_in import local_owner
from config import local
from config.server import processes, supervisor
from config.server.processes import HOST, python
from config.server.supervisor import Process
from config.starting import instance_lock
from core.process import tuning
from house.operations import migrating


class Command(BaseCommand):
    """Starts the processes, prints the owner's login link, then supervises them."""

    help = "Starts web, worker and, if there is no key, the sandbox. PORT chooses the port."
    requires_system_checks = []
    _is_first = False  # this start creates the database

    def handle(self, *args: Any, **options: Any) -> None:
        """Start everything and supervise it until Ctrl-C or SIGTERM."""
        tuning.raise_file_limit()  # the children inherit it
        port = settings.PORT
        processes.require_free(port)
        instance_lock.describe(f"http://{HOST}:{port}")
        environment = processes.inherited() | {
            # The health check below and the login link address this machine by its IP address.
            "ALLOWED_HOSTS": ",".join(dict.fromkeys([*settings.ALLOWED_HOSTS, HOST])),
            "UPSTREAM": settings.UPSTREAM,
            "FAL_KEY": settings.FAL_KEY,
            "FAL_ADMIN_KEY": settings.FAL_ADMIN_KEY,
        }
        sandbox = None
        if settings.UPSTREAM == "sandbox" and not os.environ.get("FAL_QUEUE_URL"):
            sandbox, addresses = self._start_sandbox(port + 1)
            environment |= addresses
        # The supervisor listens for the realtime process and starts it on the first connection.
        listener = processes.listen(port + 2)
        live_port = listener.getsockname()[1]
        if not settings.REALTIME_URL and not settings.PUBLIC_URL:  # else a proxy forwards to it
            environment["REALTIME_URL"] = f"ws://{HOST}:{live_port}"
        environment["VITRINE_REALTIME_ON_DEMAND"] = "1"
        if not settings.GATEWAY_URL:
            environment["GATEWAY_URL"] = f"http://{HOST}:{live_port}"
        link = self._prepare()
        web, worker = self._web(port, environment), self._worker(environment)
        realtime = self._realtime(live_port, environment, listener)
        children = [web, worker, realtime, *([sandbox] if sandbox else [])]
        web.start()
        worker.start()
        if not processes.wait_until_answering(f"http://{HOST}:{port}/healthz", [web]):
            supervisor.end(children)
            sys.exit("Vitrine did not start: the web process ended; its message is above.")
        self._print_welcome(link)
        supervisor.supervise(children)
        local.SANDBOX_FILE.unlink(missing_ok=True)

    def _print_welcome(self, link: str) -> None:
        is_fal = settings.UPSTREAM == "fal"
        upstream = "fal" if is_fal else "the bundled sandbox (no FAL_KEY is set)"
        self.stdout.write(f"\nVitrine is up, on {upstream}. Open this link:\n\n    {link}\n")
        self.stdout.write(
            "The link works once, within 15 minutes; `manage.py login_link` prints another."
        )
        if self._is_first:
            self.stdout.write(
                f"Days begin and end in the time zone {settings.TIME_ZONE} (TIME_ZONE)."
            )
        self.stdout.write("Ctrl-C stops it.")
        self.stdout.flush()

    def _prepare(self) -> str:
        """Update database and static files; return the owner's login link."""
        try:
            executor = MigrationExecutor(connection)
            self._is_first = not executor.loader.applied_migrations
            is_behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
            if is_behind or not migrating.is_of_this_version():
                self.stdout.write("Preparing the database")
                _manage("migrate", "--verbosity=0", "--no-input")
            link = local_owner.link()
        except DatabaseError as error:
            reason = str(error).strip().splitlines()[0]
            raise ImproperlyConfigured(
                f"the database of DATABASE_URL cannot be used ({reason})."
            ) from error
        finally:
            connection.close()
        collect_static()
        return link

    def _start_sandbox(self, preferred_port: int) -> tuple[Process, dict[str, str]]:
        """Start the sandbox; return it and the settings that make it the upstream.

        Its keys are passed in the environment, since `ps` shows arguments to every account.
        """
        port = processes.free_port(preferred_port)
        key, admin_key = (f"sandbox:{secrets.token_hex(16)}" for _ in range(2))
        addresses = processes.sandbox_environment(port, key, admin_key)
        local.write_sandbox_settings(addresses)
        data_dir = str(settings.VAR_DIR / "sandbox")
        command = python("-m", "sandbox", "--port", str(port), "--data-dir", data_dir)
        keys = {"SANDBOX_KEY": key, "SANDBOX_ADMIN_KEY": admin_key}
        sandbox = Process("sandbox", command, processes.without_key(processes.inherited()) | keys)
        sandbox.start()
        return sandbox, addresses

    def _web(self, port: int, environment: dict[str, str]) -> Process:
        command = python("-m", "config.server.serving", "--host", HOST, "--port", str(port))
        return Process("web", command, processes.without_key(environment))

    def _worker(self, environment: dict[str, str]) -> Process:
        return Process("worker", python("manage.py", "worker"), environment)

    def _realtime(self, port: int, environment: dict[str, str], listener: socket.socket) -> Process:
        command = python("manage.py", "realtime", "--port", str(port))
        return Process("realtime", command, processes.without_admin_key(environment), listener)


def collect_static() -> None:
    """Collect and compress static files if a source has changed since the last time."""
    import django_htmx

    stamp_file = Path(settings.STATIC_ROOT) / ".stamp"
    sources = [settings.BASE_DIR / "static", settings.BASE_DIR / "config"]
    stamp = f"{processes.folder_stamp(*sources)} {django_htmx.__file__} {settings.DEBUG}"
    if stamp_file.exists() and stamp_file.read_text() == stamp:
        return
    shutil.rmtree(settings.STATIC_ROOT, ignore_errors=True)
    _manage("collectstatic", "--verbosity=0", "--no-input")
    stamp_file.write_text(stamp)


def _manage(*arguments: str) -> None:
    """Run a command in a separate process: the supervisor would keep the command's 30 MB."""
    process = subprocess.run(python("manage.py", *arguments), cwd=settings.BASE_DIR, check=False)  # noqa: S603
    if process.returncode:
        sys.exit(f"Vitrine did not start: `manage.py {arguments[0]}` failed; see above.")
