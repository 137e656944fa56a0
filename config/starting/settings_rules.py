"""Rules for the values of single settings; `config/settings.py` applies them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import Storage
from django.utils.module_loading import import_string

from core.http.host_names import ascii_host

LOCAL_HOSTS = {"localhost", "127.0.0.1", "[::1]", "::1", ""}
# Django's own criteria of a strong key (system check security.W009).
MIN_KEY_LENGTH = 50
MIN_KEY_UNIQUE_CHARACTERS = 5
MAX_MEMORY_BYTES = 8 << 20
LEAST_SECRET_CHARS = 16


def require_strong_key(key: str, hosts: Iterable[str]) -> None:
    """Raise ImproperlyConfigured for a weak SECRET_KEY if a public host name is served.

    Sessions, login links and watch tokens are signed with it: whoever guesses it can log in as
    anybody.
    """
    public = sorted(host for host in hosts if host not in LOCAL_HOSTS)
    is_weak = len(key) < MIN_KEY_LENGTH or len(set(key)) < MIN_KEY_UNIQUE_CHARACTERS
    if public and is_weak:
        raise ImproperlyConfigured(
            f"SECRET_KEY can be guessed, and {public[0]} is served to others; make it a random "
            f"text of {MIN_KEY_LENGTH} characters or more, or leave it out: `make run` then makes "
            "one."
        )


def require_long(name: str, secret: str) -> str:
    """Return a secret, which may be empty; raises ImproperlyConfigured if it can be guessed."""
    if secret and len(secret) < LEAST_SECRET_CHARS:
        raise ImproperlyConfigured(
            f"{name} can be guessed; make it a random text of {LEAST_SECRET_CHARS} characters or "
            "more."
        )
    return secret


def require_key_pair(key: str, name: str = "FAL_KEY") -> None:
    """Raise ImproperlyConfigured unless a key is `key_id:key_secret`; never quotes the secret."""
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise ImproperlyConfigured(f"{name} must be one word, `key_id:key_secret`, without spaces.")
    if not all(key.partition(":")):
        raise ImproperlyConfigured(
            f"{name} must be `key_id:key_secret`, both parts with a colon between them; "
            "copy it whole."
        )


def require_address(name: str, value: str, schemes: Collection[str]) -> None:
    """Raise ImproperlyConfigured unless `value` has one of the schemes, a host, and a usable port.

    The message never quotes a password.
    """
    try:
        parts = urlsplit(value)
        is_address = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, an IPv6 address without its end
        is_address = False
    if not is_address:
        beginnings = " or ".join(f"{scheme}://" for scheme in schemes)
        value_note = "" if "@" in value else f", not {value!r}"
        raise ImproperlyConfigured(
            f"{name} must be an address that begins with {beginnings} and has a host{value_note}."
        )


def require_host(name: str, host: str) -> str:
    """Return a host name in ASCII; raises ImproperlyConfigured for an invalid one."""
    try:
        return ascii_host(host)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} has an invalid host name: {error}") from error


def public_origin(value: str) -> str:
    """Return PUBLIC_URL with its host in ASCII; raises ImproperlyConfigured for more than a host.

    Vitrine's own addresses begin at the root, so below a path none of them would be found.
    """
    parts = urlsplit(value)
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        raise ImproperlyConfigured(
            "PUBLIC_URL must be a scheme and a host alone, such as https://vitrine.example.com: "
            "Vitrine needs a host name of its own, and cannot be served below a path."
        )
    host = parts.hostname or ""
    if host.isascii():
        return value
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{require_host('PUBLIC_URL', host)}{port}"


def public_port(address: str) -> int | None:
    """Return the port of PUBLIC_URL, by default that of its scheme; None without PUBLIC_URL."""
    parts = urlsplit(address)
    return parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def require_storage(name: str, setting: str = "MEDIA_STORAGE") -> None:
    """Raise ImproperlyConfigured unless `name` is the dotted name of a class that stores files."""
    try:
        storage = import_string(name)
    except (ImportError, ValueError) as error:
        is_extra = name.startswith("storages.")
        hint = "; install it: pip install 'django-storages[s3]'" if is_extra else ""
        raise _no_storage(setting, name, f"{error}{hint}") from error
    # Django's own base class has neither of the two methods.
    methods = [getattr(storage, method, None) for method in ("_open", "_save")]
    if not isinstance(storage, type) or not issubclass(storage, Storage) or not all(methods):
        raise _no_storage(setting, name, "it cannot store files")


def private_folder(path: str) -> dict[str, Any]:
    """Return a storage in a folder that only this account may read."""
    options = {
        "location": Path(path).absolute(),
        "file_permissions_mode": 0o600,
        "directory_permissions_mode": 0o700,
    }
    return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}


def parse_contact(text: str) -> str:
    """Return the contact for vulnerabilities as an address; raises ImproperlyConfigured."""
    contact = f"mailto:{text}" if "@" in text and ":" not in text else text
    if contact and not contact.startswith(("mailto:", "https://")):
        raise ImproperlyConfigured(
            "SECURITY_CONTACT must be a mail address or an address that begins with https://."
        )
    return contact


def storage_options(name: str, text: str, setting: str = "MEDIA_STORAGE") -> dict[str, Any]:
    """Return the options of a storage from their JSON; raises ImproperlyConfigured.

    Limits the memory of S3Storage, which would hold a whole served file in it, even a film of 2 GB.
    """
    try:
        options = json.loads(text or "{}")
    except ValueError:
        options = None
    if not isinstance(options, dict):
        raise ImproperlyConfigured(f"{setting}_OPTIONS must be a JSON object, not {text!r}.")
    if name.startswith("storages.backends.s3"):
        options.setdefault("max_memory_size", MAX_MEMORY_BYTES)
    return options


def _no_storage(setting: str, name: str, reason: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"{setting} must be the dotted name of an installed Django storage, "
        f"not {name!r} ({reason})."
    )


MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}
_MAIL_BACKENDS = "django.core.mail.backends"


class MailServer(NamedTuple):
    """Django's settings of a mail server; with `dummy` as its backend no mail is sent."""

    backend: str
    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    use_tls: bool = False
    use_ssl: bool = False
    folder: str = ""


def parse_mail_url(address: str) -> MailServer:
    """Parse EMAIL_URL, empty for no mail; raises ImproperlyConfigured without quoting a password.

    `file:///path` writes mails into that folder instead.
    """
    if not address:
        return MailServer(f"{_MAIL_BACKENDS}.dummy.EmailBackend")
    try:
        parts = urlsplit(address)
        port = parts.port or MAIL_PORTS.get(parts.scheme, 0)
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme == "file" and parts.path:
        return MailServer(f"{_MAIL_BACKENDS}.filebased.EmailBackend", folder=parts.path)
    if parts.scheme not in MAIL_PORTS or not parts.hostname:
        raise ImproperlyConfigured(
            "EMAIL_URL must look like smtp+tls://user:password@host:587 (or smtp://, smtp+ssl://)."
        )
    return MailServer(
        f"{_MAIL_BACKENDS}.smtp.EmailBackend",
        parts.hostname,
        port,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        use_tls=parts.scheme == "smtp+tls",
        use_ssl=parts.scheme == "smtp+ssl",
    )


def origin(address: str) -> str:
    """Return scheme, host and port of `address`; other ports of the host are other origins."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def require_media_urls(urls: list[str]) -> list[str]:
    """Return FAL_MEDIA_URLS; raises ImproperlyConfigured for an entry that allows every port."""
    for address in urls:
        if address.endswith(":*"):
            raise ImproperlyConfigured(
                f"FAL_MEDIA_URLS must name the port of each address, not {address!r}: "
                "a result could make this server read from any port of that host."
            )
        if not address.isascii():
            raise ImproperlyConfigured(
                f"FAL_MEDIA_URLS must have the ASCII form (xn--…) of {address!r}."
            )
        require_address("FAL_MEDIA_URLS", address, ("https", "http"))
    return urls
