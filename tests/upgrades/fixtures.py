"""The fixtures of tagged versions: backups that these versions have made (`make_fixture`)."""

import json
import tarfile
from dataclasses import dataclass
from pathlib import Path

from house.operations.backup.place import About, Place
from tests.upgrades import databases
from tests.upgrades.make_fixture import SECRET_KEY

HERE = Path(__file__).parent
Key = tuple[str, str]  # app label and name of a migration


def _number(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


# The oldest first.
VERSIONS = sorted((path.parent.name for path in HERE.glob("*/commit")), key=_number)


@dataclass(frozen=True)
class Restored:
    """A fixture that the present code has restored."""

    url: str
    about: About
    pages: dict[str, str]  # address → a text on the page
    media: Path


def migrations(version: str) -> set[Key]:
    """Return the migrations of a version's code, as its fixture lists them."""
    with tarfile.open(HERE / version / "sqlite.tar.xz") as pack:
        (about,) = [name for name in pack.getnames() if name.endswith("/backup.json")]
        file = pack.extractfile(about)
        assert file
        return {(app, name) for app, name in json.load(file)["migrations"]}


def unpack(version: str, engine: str, folder: Path) -> Path:
    """Unpack a version's fixture; return the folder of its backup."""
    with tarfile.open(HERE / version / f"{engine}.tar.xz") as pack:
        pack.extractall(folder / "backups", filter="data")
    return folder / "backups"


def restore(version: str, engine: str, url: str, folder: Path) -> Restored:
    """Restore a version's fixture into the new, empty database at `url`."""
    backups = unpack(version, engine, folder)
    place = Place.in_folder(str(backups))
    (name,) = place.names()
    media = folder / "media"
    done = databases.manage(
        url,
        *("restore", "--yes", "--from", str(backups)),
        SECRET_KEY=SECRET_KEY,
        MEDIA_ROOT=str(media),
        VITRINE_DATA_DIR=str(folder / "var"),
    )
    assert done.returncode == 0, done.stderr
    assert "missing" not in done.stdout + done.stderr
    pages = json.loads((backups / "pages.json").read_text())
    return Restored(url, place.about(name), pages, media)


def commit_of(version: str) -> str:
    """Return the commit whose code has made a version's fixtures."""
    return (HERE / version / "commit").read_text().strip()
