"""What one person's own machine needs and a deployment does not: a secret key made on first start."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
SECRET_KEY_FILE = VAR_DIR / "secret-key"
# Where the bundled sandbox of a running `manage.py up` answers: for commands in another terminal.
SANDBOX_FILE = VAR_DIR / "sandbox.env"


def prepare() -> None:
    """Make `var/` and the secret key in it, once; raises ImproperlyConfigured where it cannot."""
    try:
        VAR_DIR.mkdir(exist_ok=True)
        SANDBOX_FILE.unlink(missing_ok=True)  # what a killed `up` left behind
        if not SECRET_KEY_FILE.exists():
            handle = os.open(SECRET_KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(50))
        probe = VAR_DIR / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ImproperlyConfigured(
            f"the folder {VAR_DIR} cannot be written to ({error.strerror}); "
            "give it write permission or move the checkout."
        ) from error


def write_sandbox(settings: Mapping[str, str]) -> None:
    """Let other commands find the running sandbox by these settings."""
    handle = os.open(SANDBOX_FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in settings.items())


def secret_key() -> str:
    """The key made by `prepare`, or an empty text where there is none."""
    return SECRET_KEY_FILE.read_text().strip() if SECRET_KEY_FILE.exists() else ""
