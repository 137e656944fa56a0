"""A whole Vitrine with the sandbox, under its own and fal's names, for unmodified clients.

It lives in a network of its own (`python -m tests.clients` starts itself in one), which has only
the loopback interface: client → nginx (TLS, the project's files) → recorder → Vitrine → sandbox.
"""

from __future__ import annotations

import fcntl
import json
import socket
import struct
import subprocess
import sys
import threading
from contextlib import ExitStack
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from tests.certificates import make_certificates
from tests.clients.recorder import Recorder
from tests.clients.resolver import Resolver
from tests.processes import ROOT, Up, environment, until
from tests.production import nginx

NAME = "vitrine.test"
BASE = f"https://{NAME}"
FAL_HOSTS = (
    "fal.run",
    "queue.fal.run",
    "ws.fal.run",
    "rest.fal.ai",
    "api.fal.ai",
    "v3.fal.media",
)
NAMES = {NAME, *FAL_HOSTS}
KEY = "stage:key-of-the-house-4f1c"
WEB, REALTIME, UPSTREAM, HUB = 8000, 8002, 8300, 8400
SEEN_WEB, SEEN_REALTIME = 8100, 8110  # the recorder's ports for nginx
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1


class Stage:
    """The processes; leaving the `with` block ends them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "vitrine"
        self.upstream = folder / "sandbox"
        self.recorder = Recorder(KEY.encode())
        self.authority, self._certificate = make_certificates(folder / "tls", *NAMES)
        self._ends = ExitStack()
        base = f"127.0.0.1:{UPSTREAM}"
        self._settings = {
            "VITRINE_DATA_DIR": str(self.data),
            "PUBLIC_URL": BASE,
            "REALTIME_URL": f"wss://{NAME}/live",
            "RATE_LIMITS": "0",
            "UPSTREAM": "fal",
            "FAL_KEY": KEY,
            "FAL_API_URL": f"http://{base}/api/v1",
            "FAL_QUEUE_URL": f"http://{base}/queue",
            "FAL_RUN_URL": f"http://{base}/run",
            "FAL_WS_URL": f"ws://{base}/ws",
            "FAL_REST_URL": f"http://{base}/rest",
            "FAL_MEDIA_URLS": f"http://{base}",
        }

    def __enter__(self) -> Stage:
        with self._ends:
            _raise_loopback()
            self.resolver = Resolver("127.0.0.1", NAMES)
            resolv = self.folder / "resolv.conf"
            resolv.write_text("nameserver 127.0.0.1\n")
            subprocess.run(["mount", "--bind", str(resolv), "/etc/resolv.conf"], check=True)
            self._start_upstream()
            self.data.mkdir()
            up = Up(ROOT, WEB, **self._settings)
            self._ends.callback(up.stop)
            self._ends.callback(self.recorder.stop)
            self.recorder.start({SEEN_WEB: WEB, SEEN_REALTIME: REALTIME})
            self._start_nginx()
            self._start_hub()
            trust = httpx.create_ssl_context(verify=str(self.authority))
            self.client = self._ends.enter_context(httpx.Client(verify=trust, timeout=60))
            self._ends = self._ends.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def people(self, promises: dict[str, list[str]]) -> dict[str, dict[str, str]]:
        """Return the token of each client for each of its promises, once the catalogue exists."""
        settings = self._settings | {"DJANGO_SETTINGS_MODULE": "config.settings"}
        printed = subprocess.run(
            [sys.executable, "-m", "tests.clients.people_script"],
            cwd=ROOT,
            env=environment(**settings),
            input=json.dumps(promises),
            capture_output=True,
            text=True,
            check=False,
        )
        assert not printed.returncode, printed.stderr[-3000:]
        tokens: dict[str, dict[str, str]] = json.loads(printed.stdout.splitlines()[-1])
        token = next(iter(next(iter(tokens.values())).values()))
        until(lambda: self.ask(token, "models/mischief/slow").is_success)
        return tokens

    def ask(self, token: str, path: str, method: str = "GET") -> httpx.Response:
        """Call the JSON API, not through the recorder."""
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-Proto": "https"}
        headers["Host"] = NAME
        url = f"http://127.0.0.1:{WEB}/api/v1/{path}"
        return self.client.request(method, url, headers=headers)

    def upstream_files(self) -> dict[str, int]:
        """Return SHA-256 and size of each file that upstream has, results and uploads."""
        files = (path for path in (self.upstream / "files").rglob("*") if path.is_file())
        return {sha256(file.read_bytes()).hexdigest(): file.stat().st_size for file in files}

    def upstream_lines(self, name: str) -> list[str]:
        """Return what upstream has received: its `requests`, or the `tokens` of Vitrine."""
        file = self.upstream / name
        return file.read_text().splitlines() if file.exists() else []

    def _start(self, name: str, *command: str, **variables: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as out:
            process = subprocess.Popen(
                command, stdout=out, stderr=out, cwd=ROOT, env=environment(**variables)
            )
        self._ends.callback(process.wait, 60)
        self._ends.callback(process.terminate)

    def _start_upstream(self) -> None:
        command = (sys.executable, "-m", "tests.clients.upstream", str(UPSTREAM))
        trust = {"SSL_CERT_FILE": str(self.authority)}  # its webhooks go to nginx
        self._start("upstream", *command, str(self.upstream), SANDBOX_KEY=KEY, **trust)
        until(lambda: _listens(UPSTREAM))

    def _start_nginx(self) -> None:
        here = {
            "server 127.0.0.1:8002 max_fails=0;": "",
            "server 127.0.0.1:8001 max_fails=0;": f"server 127.0.0.1:{SEEN_WEB};",
            "keepalive 32;": "",  # one connection per request, for the recorder
            "8010": str(SEEN_REALTIME),
            "vitrine.example.com": NAME,
            "/etc/ssl/vitrine/fullchain.pem": str(self._certificate),
            "/etc/ssl/vitrine/privkey.pem": str(self._certificate),
            "/etc/ssl/vitrine/fal-hosts.pem": str(self._certificate),
            "/etc/ssl/vitrine/fal-hosts-key.pem": str(self._certificate),
        }
        files = ["nginx.conf", "fal-hosts.conf"]
        alone = "master_process off;"  # in a user namespace, nginx cannot start a worker
        self._start("nginx", *nginx.command(self.folder, files, here, alone))
        until(lambda: _listens(443))

    def _start_hub(self) -> None:
        server = ThreadingHTTPServer(("127.0.0.1", HUB), Hub)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self._ends.callback(server.shutdown)


class Hub(BaseHTTPRequestHandler):
    """Plays Hugging Face's Hub, which knows a model's names at its providers.

    Its `text-to-image/mischief.slow` is fal's `mischief/slow`, for that task.
    """

    def do_GET(self) -> None:
        """Answer a request for a model."""
        name = self.path.partition("?")[0].removeprefix("/api/models/")
        task, _, model = name.partition("/")
        there = {"provider": "fal-ai", "providerId": model.replace(".", "/"), "status": "live"}
        mapping = {"fal-ai": there | {"task": task}}
        body = json.dumps({"id": name, "inferenceProviderMapping": mapping}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


def _raise_loopback() -> None:
    """Enable the only interface of this network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | _IFF_UP))


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return not probe.connect_ex(("127.0.0.1", port))
