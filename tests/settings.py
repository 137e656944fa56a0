"""Settings for the tests: fast, offline, with a key that works nowhere."""

import os
import tempfile
from pathlib import Path
from unittest.mock import patch

from environ import Env

os.environ.setdefault("SECRET_KEY", "tests-only-and-never-shown")
os.environ["UPSTREAM"] = "sandbox"
if "VITRINE_TEST_DATABASE_URL" in os.environ:
    os.environ["DATABASE_URL"] = os.environ["VITRINE_TEST_DATABASE_URL"]
else:
    os.environ.pop("DATABASE_URL", None)

# Ignore the checkout's own `.env` and the addresses of a running sandbox.
with patch.object(Env, "read_env"):
    from config.settings import *  # noqa: F403

FAL_KEY = "test-id:test-secret-never-shown"
FAL_ADMIN_KEY = ""
MIDDLEWARE = ["tests.leaks.responses.watch_responses", *MIDDLEWARE]  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
LOGGING_CONFIG = None

if IS_SQLITE:  # noqa: F405  a file: the worker, its threads and the change check meet in it
    DATABASES["default"]["TEST"] = {  # noqa: F405
        "NAME": str(
            Path(tempfile.gettempdir()) / f"vitrine-test-{os.getuid()}-{os.getppid()}.sqlite3"
        )
    }
else:  # its rows need not survive a power cut
    DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c synchronous_commit=off"  # noqa: F405
MEDIA_ROOT = str(Path(tempfile.gettempdir()) / f"vitrine-test-media-{os.getuid()}")
# Tests make many requests; only the tests of the limits turn them on.
RATE_LIMITS = False
ACCOUNT_RATE_LIMITS = False
# Ignore the issuers that the environment names.
SOCIALACCOUNT_PROVIDERS = {}
SIGN_UP_DOMAINS = []
SECURITY_CONTACT = "mailto:holes@example.com"
