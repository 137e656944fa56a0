"""One machine with everything in docs/OPERATING.md: PostgreSQL, a bucket, nginx, Vitrine."""

from __future__ import annotations

import json
import os
import re
import ssl
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import boto3
import httpx
import psycopg

from tests.processes import ROOT, environment, free_port, until
from tests.production import nginx
from tests.production.units import Unit
from tests.soak.cluster import Cluster, binaries

KEY, ADMIN_KEY = "production:key", "production:admin-key"
PASSWORD = "lantern-otter-7"
DISK_MB = 700  # the disk of the database is small, so that it can be filled
S3 = {"AWS_ACCESS_KEY_ID": "vitrine", "AWS_SECRET_ACCESS_KEY": "bucket-secret"}
WEB = ("vitrine-web@", "8001"), ("vitrine-web@", "8002")
WORKERS = ("vitrine-worker@", "1"), ("vitrine-worker@", "2")


class Machine:
    """The processes and their places; leaving the `with` block ends them."""

    def __init__(self, folder: Path) -> None:
        """Put everything into `folder`, which also represents `/srv`."""
        self.folder = folder
        self.home = folder / "srv"
        self.ports = {
            name: str(free_port())
            for name in ("8001", "8002", "8010", "443", "80", "s3", "sandbox", "caddy")
        }
        self.base = f"https://localhost:{self.ports['443']}"
        self.caddy = f"https://localhost:{self.ports['caddy']}"
        self.sandbox = f"http://127.0.0.1:{self.ports['sandbox']}"
        self.certificate = folder / "certificate.pem"
        self.access_log = folder / "access.log"
        self.units: dict[str, Unit] = {}
        self._ends = ExitStack()

    def __enter__(self) -> Machine:
        with self._ends:
            self.home.mkdir(parents=True)
            self._make_certificate()
            self._start_database()
            self._start_bucket()
            self._start_sandbox()
            self._install()
            for name, instance in (*WEB, *WORKERS, ("vitrine-realtime", "")):
                self.start(name, instance)
            self._start_nginx()
            self._ends = self._ends.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    @property
    def trust(self) -> ssl.SSLContext:
        """Return the TLS context that trusts nginx's certificate."""
        return ssl.create_default_context(cafile=str(self.certificate))

    # --- Vitrine --------------------------------------------------------------------------------
    def start(self, name: str, instance: str) -> None:
        ports = {port: here for port, here in self.ports.items() if port.startswith("80")}
        del ports["80"]
        unit = Unit(self.home, name, instance, ports)
        self.units[unit.name] = unit
        self._ends.callback(unit.stop)

    def manage(self, *arguments: str, **more: str) -> str:
        """Run `manage.py` as the page says; return its output."""
        return self._python("manage.py", *arguments, **more)

    def people(self, count: int) -> list[str]:
        """Return the cookies of this number of people, who are logged in."""
        settings = {"DJANGO_SETTINGS_MODULE": "config.settings"}
        printed = self._python("-m", "tests.production.people_script", str(count), **settings)
        return [line for line in printed.splitlines() if line.startswith("vitrine_session")]

    def _python(self, *arguments: str, **more: str) -> str:
        done = subprocess.run(
            [str(self.home / "start"), *arguments],
            env={"PATH": os.environ["PATH"], **more},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise AssertionError(f"{' '.join(arguments)}:\n{done.stderr[-3000:]}")
        return done.stdout

    def release(self, version: str = "HEAD") -> None:
        """Install the current commit as a version, and switch to it."""
        done = subprocess.run(
            ["sh", str(ROOT / "deploy" / "release.sh"), version],
            env={**os.environ, "VITRINE_HOME": str(self.home), "PYTHON": sys.executable},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise AssertionError(f"release.sh {version}:\n{done.stderr[-3000:]}")

    def is_ready(self, port: str) -> bool:
        """Return whether the web process with this port in the files shows pages."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.ports[port]}/readyz", timeout=5).is_success
        except httpx.TransportError:
            return False

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """Query the database."""
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(sql).fetchall()

    def errors(self, since: int = 0) -> dict[str, int]:
        """Return how often nginx answered each status from 500 on, after this line of its log.

        Held polls that a process releases at its end are not counted: pages repeat them.
        """
        lines = self.access_log.read_text().splitlines()[since:]
        bad = [x for x in lines if x >= "500" and not x.startswith("503 POST /runs/live/")]
        return Counter(line.split()[0] for line in bad)

    def lines(self) -> int:
        """Return the number of lines in nginx's log."""
        return len(self.access_log.read_text().splitlines())

    # --- what breaks ----------------------------------------------------------------------------
    @contextmanager
    def without_database(self) -> Iterator[None]:
        """Kill the database server; start it again at the end."""
        self.cluster.stop()
        try:
            yield
        finally:
            self.cluster.start()

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """Fill the database's disk; at the end make room, and start the server if it ended."""
        filler = self.folder / "disk" / "filler"
        with filler.open("wb") as file:
            try:
                while True:
                    file.write(bytes(1 << 20))
                    file.flush()
            except OSError:
                pass  # now the disk is full
        try:
            yield
        finally:
            filler.unlink()
            if not self.cluster.is_up():
                self.cluster.start()

    # --- what is not Vitrine --------------------------------------------------------------------
    def _start(self, name: str, *command: str, **variables: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as out:
            process = subprocess.Popen(
                command, stdout=out, stderr=out, cwd=ROOT, env=environment(**variables)
            )
        self._ends.callback(process.wait, 60)
        self._ends.callback(process.terminate)

    def _make_certificate(self) -> None:
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
                *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
                *("-keyout", str(self.folder / "key.pem"), "-out", str(self.certificate)),
            ],
            check=True,
            capture_output=True,
        )

    def _start_database(self) -> None:
        programs = binaries()
        assert programs, "PostgreSQL's programs are missing"
        disk = self.folder / "disk"
        disk.mkdir(mode=0o755)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=755", "tmpfs", str(disk)]
        self.has_small_disk = (
            subprocess.run(mount, check=False, capture_output=True).returncode == 0
        )
        if self.has_small_disk:
            self._ends.callback(subprocess.run, ["umount", str(disk)], check=True)
        self.cluster = Cluster(programs, disk / "postgresql")
        self._ends.callback(self.cluster.stop)
        with psycopg.connect(self.cluster.url, autocommit=True) as connection:
            connection.execute("CREATE ROLE vitrine LOGIN CREATEDB PASSWORD 'secret'")
            connection.execute("CREATE DATABASE vitrine OWNER vitrine")
        port = re.search(r":(\d+)/", self.cluster.url)
        assert port
        self.database_url = f"postgres://vitrine:secret@127.0.0.1:{port[1]}/vitrine"

    def _start_bucket(self) -> None:
        url = f"http://127.0.0.1:{self.ports['s3']}"
        program = str(Path(sys.executable).parent / "moto_server")
        self._start("bucket", program, "--port", self.ports["s3"])
        until(lambda: _answers(url))
        self.buckets = boto3.resource(
            "s3",
            endpoint_url=url,
            aws_access_key_id=S3["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=S3["AWS_SECRET_ACCESS_KEY"],
            region_name="us-east-1",
        )
        for name in ("vitrine", "backups"):
            self.buckets.create_bucket(Bucket=name)
        self.bucket_url = url

    def files(self) -> dict[str, str]:
        """Return the bucket's files: a checksum by name."""
        return {file.key: file.e_tag for file in self.buckets.Bucket("vitrine").objects.all()}

    def wipe(self) -> None:
        """Delete the database and all files, as if the machine were gone."""
        with psycopg.connect(self.cluster.url, autocommit=True) as connection:
            connection.execute("DROP DATABASE vitrine WITH (FORCE)")
            connection.execute("CREATE DATABASE vitrine OWNER vitrine")
        self.buckets.Bucket("vitrine").objects.all().delete()

    def _start_sandbox(self) -> None:
        flags = ["--port", self.ports["sandbox"], "--data-dir", str(self.folder / "sandbox")]
        self._start(
            "sandbox",
            *(sys.executable, "-m", "sandbox", *flags),
            SANDBOX_KEY=KEY,
            SANDBOX_ADMIN_KEY=ADMIN_KEY,
            SSL_CERT_FILE=str(self.certificate),  # its webhooks go to nginx
        )
        until(lambda: _answers(self.sandbox))

    def taken(self, model: str) -> list[str]:
        """Return the prompts of all requests for this model that upstream says it accepted."""
        prompts: list[str] = []
        query = {"endpoint_id": model, "expand": "payloads", "limit": "100"}
        headers = {"Authorization": f"Key {KEY}"}
        while True:
            page = httpx.get(
                f"{self.sandbox}/api/v1/models/requests/by-endpoint",
                params=query,
                headers=headers,
                timeout=60,
            )
            page.raise_for_status()
            answer = page.json()
            prompts += [item["json_input"]["prompt"] for item in answer["items"]]
            if not answer.get("next_cursor"):
                return prompts
            query["cursor"] = answer["next_cursor"]

    def _install(self) -> None:
        """Install as the page says: settings, `release.sh` with its migrations, an account."""
        data = self.home / "data"
        data.mkdir(0o700)
        host = self.sandbox.removeprefix("http://")
        storage = "storages.backends.s3.S3Storage"
        media, backups = (
            json.dumps({"bucket_name": name, "endpoint_url": self.bucket_url})
            for name in ("vitrine", "backups")
        )
        settings = {
            "SECRET_KEY": "q7Zr0n4kT1bWcX8vYm2uEo5iLs9aHd3fGj6pRtKxQwNzVyBe",
            "DATABASE_URL": self.database_url,
            "PUBLIC_URL": self.base,
            "UPSTREAM": "fal",
            **{f"FAL_{name}_URL": f"http://{host}/{path}" for name, path in PATHS.items()},
            "FAL_WS_URL": f"ws://{host}/ws",
            "FAL_MEDIA_URLS": f"http://{host}",
            "GATEWAY_URL": f"http://127.0.0.1:{self.ports['8010']}",
            "REALTIME_URL": f"{self.base.replace('https', 'wss')}/live",
            "MEDIA_STORAGE": storage,
            "MEDIA_STORAGE_OPTIONS": media,
            "BACKUP_TO": storage,
            "BACKUP_TO_OPTIONS": backups,
            "BACKUP_PASSPHRASE": "a long text for the backups",
            **S3,
        }
        _write_secret(data / ".env", settings)
        _write_secret(self.home / "key.env", {"FAL_KEY": KEY})
        _write_secret(self.home / "admin-key.env", {"FAL_ADMIN_KEY": ADMIN_KEY})
        (self.home / "packages").write_text("django-storages[s3]\n")
        (self.home / "repository").symlink_to(ROOT)
        self.release()
        self.manage(
            *("createsuperuser", "--noinput", "--username", "ada", "--email", "ada@localhost"),
            DJANGO_SUPERUSER_PASSWORD=PASSWORD,
        )

    def _start_nginx(self) -> None:
        """Start nginx with the project's file, with this machine's host, ports and paths."""
        here = {
            **{port: self.ports[port] for port in ("8001", "8002", "8010")},
            "listen 443": f"listen 127.0.0.1:{self.ports['443']}",
            "listen 80;": f"listen 127.0.0.1:{self.ports['80']};",
            "https://$host$request_uri": f"{self.base}$request_uri",
            "vitrine.example.com": "localhost",
            "/etc/ssl/vitrine/fullchain.pem": str(self.certificate),
            "/etc/ssl/vitrine/privkey.pem": str(self.folder / "key.pem"),
        }
        self._start("nginx", *nginx.command(self.folder, ["nginx.conf"], here))
        until(lambda: _answers(self.base, self.trust))
        until(lambda: all(self.is_ready(port) for _, port in WEB))

    def start_caddy(self) -> None:
        """Start Caddy with the project's file beside nginx; it makes its certificate itself."""
        self._start(
            "caddy",
            *("caddy", "run", "--adapter", "caddyfile", "--config", f"{ROOT}/deploy/Caddyfile"),
            SITE=self.caddy.removeprefix("https://"),
            WEB=" ".join(f"127.0.0.1:{self.ports[port]}" for _, port in WEB),
            REALTIME=f"127.0.0.1:{self.ports['8010']}",
            XDG_DATA_HOME=str(self.folder / "caddy-data"),
            XDG_CONFIG_HOME=str(self.folder / "caddy-config"),
        )
        root = self.folder / "caddy-data/caddy/pki/authorities/local/root.crt"
        until(root.exists)
        self.caddy_trust = ssl.create_default_context(cafile=str(root))
        until(lambda: _answers(self.caddy, self.caddy_trust))


PATHS = {"API": "api/v1", "QUEUE": "queue", "RUN": "run", "REST": "rest"}


def _write_secret(file: Path, settings: dict[str, str]) -> None:
    file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    file.chmod(0o600)


def _answers(url: str, trust: ssl.SSLContext | bool = True) -> bool:
    try:
        httpx.get(url, timeout=5, verify=trust)
    except httpx.TransportError:
        time.sleep(0.1)
        return False
    return True
