"""`manage.py sync_models` as users run it: in its own process, with an upstream on a socket."""

import asyncio
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.catalog.upstream import CatalogueUpstream
from tests.processes import copy_checkout, environment

pytestmark = pytest.mark.system

Manage = Callable[..., "subprocess.Popen[str]"]


def start(database: Path, *arguments: str, **settings: str) -> subprocess.Popen[str]:
    """Start a management command with this database, in the checkout beside it."""
    settings |= {
        "SECRET_KEY": "tests-only",
        "DATABASE_URL": f"sqlite:///{database}",
        "FAL_KEY": "id:secret",
    }
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=database.parent / "vitrine",
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for databases, with a copy of the checkout without its `.env`."""
    folder = tmp_path_factory.mktemp("sync")
    copy_checkout(folder / "vitrine")
    return folder


@pytest.fixture
def manage(folder: Path, migrated: Path, tmp_path: Path) -> Manage:
    """`manage("sync_models", FAL_API_URL=…)` → the process, on an empty database of its own."""
    return partial(start, Path(shutil.copy(migrated, folder / f"{tmp_path.name}.sqlite3")))


@pytest.fixture
def address(upstream: CatalogueUpstream) -> Iterator[str]:
    """The address at which `upstream` answers on a socket."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            request = httpx.Request(
                "GET", f"http://upstream{self.path}", headers=dict(self.headers)
            )
            answer = asyncio.run(upstream(request))
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()


def result_of(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr."""
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def test_the_command_summarises_what_it_found(manage, upstream, address):
    upstream.add(*(f"fal-ai/m{n}" for n in range(25)))
    upstream.documents["fal-ai/m3"] = {"error": {"code": "expansion_failed", "message": "no"}}
    code, out, err = result_of(manage("sync_models", FAL_API_URL=address))
    assert code == 0
    assert "25 models listed: 25 new, 0 changed, 0 gone; 25 of 25 schemas read; 1 failed." in out
    assert "New: fal-ai/m0, " in out
    assert "and 15 more" in out
    assert "Failed: fal-ai/m3: expansion_failed: no" in out
    assert "25 models listed, 100 % of 25 schemas read" in err
    assert "secret" not in out + err
