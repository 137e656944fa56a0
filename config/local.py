"""What one person's own machine needs and a deployment does not: a secret key made on first start."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
SECRET_KEY_FILE = VAR_DIR / "secret-key"


def prepare() -> None:
    """Make `var/` and the secret key in it, once; raises ImproperlyConfigured where it cannot."""
    try:
        VAR_DIR.mkdir(exist_ok=True)
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


def secret_key() -> str:
    """The key made by `prepare`, or an empty text where there is none."""
    return SECRET_KEY_FILE.read_text().strip() if SECRET_KEY_FILE.exists() else ""
