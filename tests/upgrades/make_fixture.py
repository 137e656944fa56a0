"""Makes the fixture of this version, before its tag: `python -m tests.upgrades.make_fixture`.

For each kind of database, it packs a backup of a small Vitrine that has run with the sandbox into
`tests/upgrades/<version>/`. Later versions restore it (`test_fixtures`). The PostgreSQL server is
that of TEST_DATABASE_URL.
"""

import json
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.processes import ROOT, Up, copy_checkout, environment, free_port
from tests.run import find_postgresql
from tests.upgrades import content

SECRET_KEY = "of-the-fixtures-alone-" + "0123456789abcdef" * 2
NAME = "vitrine_fixture"
# Other models and all pictures of models would be most of the fixture; a sync restores them.
THINNED = """
from catalog.models import Endpoint, Picture
Endpoint.objects.exclude(endpoint_id__in={models}).delete()
Picture.objects.all().delete()
"""


def main() -> None:
    """Make both fixtures, and record the commit that has made them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    folder = ROOT / "tests" / "upgrades" / project["version"]
    folder.mkdir(exist_ok=True)
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True)
    (folder / "commit").write_text(commit)
    for engine, database in {"sqlite": _sqlite, "postgresql": _postgresql}.items():
        with tempfile.TemporaryDirectory() as scratch, database(Path(scratch)) as url:
            pack = folder / f"{engine}.tar.xz"
            _pack(_backup(Path(scratch), url), pack)
            print(f"{pack.relative_to(ROOT)}: {pack.stat().st_size // 1000} kB")


@contextmanager
def _sqlite(scratch: Path) -> Iterator[str]:
    yield f"sqlite:///{scratch / 'fixture.sqlite3'}"


@contextmanager
def _postgresql(scratch: Path) -> Iterator[str]:
    server = find_postgresql() or sys.exit("No PostgreSQL answers; name one by TEST_DATABASE_URL.")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {NAME}")
        connection.execute(f"CREATE DATABASE {NAME}")
        yield f"{server.rpartition('/')[0]}/{NAME}"
        connection.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


def _backup(scratch: Path, url: str) -> Path:
    """Run a Vitrine, fill it, and back it up; return the folder of the backup."""
    checkout, port = copy_checkout(scratch / "checkout"), free_port()
    given = {"DATABASE_URL": url, "SECRET_KEY": SECRET_KEY}
    variables = environment(PORT=str(port), **given)

    def manage(*arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.check_output(command, cwd=checkout, env=variables, text=True)

    up = Up(checkout, port, **given)
    try:
        manage("createsuperuser", "--no-input", "--username=ana", "--email=ana@example.com")
        key = manage("shell", "--verbosity=0", "-c", "print(User.objects.get(username='ana').pk)")
        token = manage("token", "owner", "--scope", "read,run,curate").split()[-1]
        with content.Owner(up.base, up.cookies, token) as owner:
            pages = content.make(owner, int(key))
    finally:
        up.stop()
    manage("shell", "--verbosity=0", "-c", THINNED.format(models=content.MODELS))
    backups = scratch / "backups"
    manage("backup", "--to", str(backups))
    (backups / "pages.json").write_text(json.dumps(pages, indent=1))
    return backups


def _pack(folder: Path, target: Path) -> None:
    with tarfile.open(target, "w:xz") as pack:
        pack.add(folder, arcname=".")


if __name__ == "__main__":
    main()
