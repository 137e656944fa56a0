"""`deploy/release.sh` installs versions side by side; a process keeps its version to its end."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.processes import ROOT

DEPLOY = ROOT / "deploy"
# A program of a version: prints its place, waits for a line, and only then imports a module.
PROGRAM = """
import sys
print(sys.prefix, flush=True)
input()
import late, later
print(late.VERSION, later.VERSION, flush=True)
"""
# In place of Django's: records each command, and where the link leads meanwhile.
MANAGE = """
import os, sys
home = os.environ["VITRINE_HOME"]
link = os.path.join(home, "current")
current = os.readlink(link) if os.path.islink(link) else "none"
with open(os.path.join(home, "calls"), "a") as calls:
    print("{name}", sys.argv[1], "while", current, file=calls)
sys.exit({code} if sys.argv[1] == "migrate" else 0)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty folder for an installation."""
    home = tmp_path / "srv"
    (home / "data").mkdir(parents=True)
    return home


def switch(home: Path, name: str) -> None:
    """Let the link point to another version, as `release.sh` does."""
    (home / "new").symlink_to(f"versions/{name}")
    (home / "new").rename(home / "current")


def make_version(home: Path, name: str) -> None:
    """Make a version whose code, and the modules of whose environment, contain its name."""
    version = home / "versions" / name
    (version / "app").mkdir(parents=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", version / ".venv"], check=True)
    (packages,) = version.glob(".venv/lib/python*/site-packages")
    (version / "app" / "program.py").write_text(PROGRAM)
    (version / "app" / "late.py").write_text(f"VERSION = {name!r}")
    (packages / "later.py").write_text(f"VERSION = {name!r}")


@pytest.mark.parametrize("began_as", [["program.py"], ["-m", "program"]])
def test_a_running_process_meets_no_code_of_another_version(home, began_as):
    """Before, it ended with a ModuleNotFoundError when the content of its folder changed."""
    make_version(home, "1.0.0")
    make_version(home, "2.0.0")
    shutil.copy(DEPLOY / "start", home)
    switch(home, "1.0.0")
    command = [str(home / "start"), *began_as]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/"
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline().strip() == str(home / "versions" / "1.0.0" / ".venv")
        switch(home, "2.0.0")
        process.stdin.write("\n")
        process.stdin.close()
        assert process.stdout.read().split() == ["1.0.0", "1.0.0"]
    begun_later = subprocess.run(command, input="\n", stdout=subprocess.PIPE, text=True, check=True)
    assert begun_later.stdout.split()[1:] == ["2.0.0", "2.0.0"]


def git(repository: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=Ana", "-c", "user.email=ana@example.com"]
    subprocess.run(["git", *identity, *arguments], cwd=repository, check=True, capture_output=True)


@pytest.fixture
def tag(home: Path) -> Callable[..., str]:
    """`tag("v1.0.0", fails=True)`: tag the repository; the `migrate` of this version fails."""
    repository = home / "repository"
    (repository / "requirements").mkdir(parents=True)
    git(repository, "init")
    (repository / "requirements" / "install.sh").write_text('echo "$@" > installed\n')

    def make(name: str, *, fails: bool = False) -> str:
        (repository / "manage.py").write_text(MANAGE.format(name=name, code=int(fails)))
        git(repository, "add", ".")
        git(repository, "commit", "-m", name)
        git(repository, "tag", name)
        return name

    return make


def release(home: Path, what: str, **more: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "VITRINE_HOME": str(home), "PYTHON": sys.executable, **more}
    command = ["sh", str(DEPLOY / "release.sh"), what]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


def current(home: Path) -> str:
    return (home / "current").readlink().name


@pytest.mark.system
def test_tags_are_installed_beside_each_other_and_switched(home, tag):
    done = release(home, tag("v1.0.0"))
    assert done.returncode == 0, done.stderr
    first = current(home)
    assert re.fullmatch("[0-9a-f]{12}", first)
    installed = home / "versions" / first
    assert (
        installed / "app" / "installed"
    ).read_text() == f"{installed}/.venv/bin/python run.txt\n"
    done = release(home, tag("v1.1.0"))
    second = current(home)
    assert f"Vitrine {second} is current; before it was {first}." in done.stdout
    calls = (home / "calls").read_text().splitlines()
    assert calls == [
        "v1.0.0 migrate while none",
        "v1.0.0 collectstatic while none",
        f"v1.1.0 migrate while versions/{first}",
        f"v1.1.0 collectstatic while versions/{first}",
    ]
    way_back = re.findall(r"release\.sh (.+)$", done.stdout, re.MULTILINE)[-1]
    assert release(home, way_back).returncode == 0
    assert current(home) == first
    assert os.access(home / "start", os.X_OK)


@pytest.mark.system
def test_a_commit_is_named_by_its_hash(home, tag):
    """A clone has no tags, and `HEAD` is another commit tomorrow."""
    names = []
    for number in range(2):
        tag(f"v{number}")
        git(home / "repository", "tag", "-d", f"v{number}")
        assert release(home, "HEAD").returncode == 0
        names.append(current(home))
        assert re.fullmatch("[0-9a-f]{12}", names[-1])
    assert names[0] != names[1]
    assert release(home, names[0]).returncode == 0
    assert current(home) == names[0]
    assert "as it was before: HEAD~1 is no newer version." in release(home, "HEAD~1").stdout
    assert "Needed a single revision" in release(home, "nowhere").stderr


@pytest.mark.system
def test_a_folder_that_has_the_name_of_a_branch_is_no_reason_to_stay(home, tag):
    """Version 0.2.0 named folders after branches, and so was never updated."""
    tag("v1.0.0")
    make_version(home, "origin/main")
    (home / "versions/origin/main/app/manage.py").write_text(MANAGE.format(name="old", code=0))
    (home / "versions/origin/main/complete").touch()
    (home / "current").symlink_to("versions/origin/main")
    git(home / "repository", "update-ref", "refs/remotes/origin/main", "HEAD")
    done = release(home, "origin/main")
    assert re.fullmatch("[0-9a-f]{12}", current(home)), done.stderr
    assert "before it was origin/main." in done.stdout
    assert f"{DEPLOY}/release.sh versions/origin/main\n" in done.stdout
    assert release(home, "versions/origin/main").returncode == 0
    assert (home / "current").readlink() == Path("versions/origin/main")
    assert "There is no" in release(home, "versions/none").stderr


@pytest.mark.system
def test_a_package_that_is_named_later_is_installed(home, tag, tmp_path):
    release(home, tag("v1.0.0"))
    (home / "packages").write_text(str(make_wheel(tmp_path, "extra", "2.0", {"extra.py": ""})))
    assert release(home, "HEAD").returncode == 0
    assert list(home.glob("versions/*/.venv/lib/python*/site-packages/extra.py"))


@pytest.mark.system
def test_an_environment_without_its_python_is_made_anew(home, tag):
    release(home, tag("v1.0.0"))
    python = home / "versions" / current(home) / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/usr/bin/python3.of-the-last-release")
    done = release(home, f"versions/{current(home)}")
    assert "Its Python is gone: name its commit or package" in done.stderr
    assert release(home, "HEAD").returncode == 0
    assert subprocess.run([python, "--version"], check=False).returncode == 0


@pytest.mark.system
def test_nothing_is_switched_where_migrate_fails(home, tag):
    release(home, tag("v1.0.0"))
    before = current(home)
    assert release(home, tag("v2.0.0", fails=True)).returncode == 1
    assert current(home) == before


@pytest.mark.system
def test_what_was_stopped_half_way_is_installed_anew(home, tag):
    release(home, tag("v1.0.0"))
    version = home / "versions" / current(home)
    (version / "complete").unlink()
    (version / "app" / "half").touch()
    assert release(home, "HEAD").returncode == 0
    assert not (version / "app" / "half").exists()


@pytest.mark.system
def test_a_package_has_an_environment_of_its_own_with_the_lock(home, tmp_path):
    """Two packages of one number are two versions."""
    for text in ("first", "second"):
        contents = {
            "vitrine/__init__.py": "",
            "vitrine/app/manage.py": MANAGE.format(name=text, code=0),
            "vitrine/app/requirements/install.sh": 'echo "$@" > installed\n',
        }
        done = release(home, str(make_wheel(tmp_path, "vitrine", "1.2.0", contents)))
        assert done.returncode == 0, done.stderr
        version = home / "versions" / current(home)
        assert re.fullmatch("1.2.0-[0-9a-f]{12}", version.name)
        assert (version / "app").resolve().is_relative_to(version / ".venv")
        assert (version / "app/installed").read_text() == f"{version}/.venv/bin/python run.txt\n"
    assert len(list((home / "versions").iterdir())) == 2
    assert len((home / "calls").read_text().splitlines()) == 4


def make_wheel(folder: Path, name: str, number: str, contents: dict[str, str]) -> Path:
    wheel = folder / f"{name}-{number}-py3-none-any.whl"
    about = f"{name}-{number}.dist-info"
    more = {
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/RECORD": "",
    }
    with zipfile.ZipFile(wheel, "w") as files:
        for path, text in {**contents, **more}.items():
            files.writestr(path, text)
    return wheel


def test_every_unit_begins_by_the_link_and_writes_to_no_code():
    units = sorted((DEPLOY / "systemd").glob("*.service"))
    assert len(units) == 3
    for unit in units:
        lines = unit.read_text().splitlines()
        assert [line for line in lines if line.startswith("ExecStart=/srv/vitrine/start ")]
        written = "ReadWritePaths=/srv/vitrine/data -/srv/vitrine/media -/var/log/vitrine"
        assert [line for line in lines if line.startswith(written)]
