"""The `var/` folder of a local installation: secrets, instance lock, sandbox settings."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config.starting import disk, instance_lock
from config.starting.environment import read_text

BASE_DIR = Path(__file__).resolve().parent.parent
# An installed `vitrine` sets VITRINE_DATA_DIR to a folder of the user's.
VAR_DIR = Path(os.environ.get("VITRINE_DATA_DIR") or BASE_DIR / "var").resolve()
SECRET_KEY_FILE = VAR_DIR / "secret-key"
# Addresses and key of the sandbox of a running `manage.py up`, for commands in another terminal.
SANDBOX_FILE = VAR_DIR / "sandbox.env"
LOCK_FILE = VAR_DIR / "instance.lock"


def prepare() -> None:
    """Create `var/` and its secrets on first use, and lock the folder for this instance.

    The lock comes before anything is deleted, since the files may belong to a running instance.
    Raises ImproperlyConfigured if another instance runs or the folder cannot be written to.
    """
    try:
        VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        disk.require_space([VAR_DIR])
        instance_lock.acquire(LOCK_FILE)
        SANDBOX_FILE.unlink(missing_ok=True)  # what a killed `up` left behind
        _make(SECRET_KEY_FILE, secrets.token_urlsafe(50))
        probe = VAR_DIR / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ImproperlyConfigured(
            f"the folder {VAR_DIR} cannot be written to ({error.strerror}); "
            "give it write permission or move the checkout."
        ) from error


def _make(file: Path, text: str) -> None:
    if not file.exists():
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as env_file:
            env_file.write(text)


def write_sandbox_settings(settings: Mapping[str, str]) -> None:
    """Write the running sandbox's settings to `SANDBOX_FILE`, where other commands read them."""
    handle = os.open(SANDBOX_FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in settings.items())


def secret_key() -> str:
    """Return the key that `prepare` made, or an empty string before that."""
    return read_text(SECRET_KEY_FILE).strip() if SECRET_KEY_FILE.exists() else ""
