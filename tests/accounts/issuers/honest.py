"""An honest issuer on a real socket: oidc-provider-mock, which lets any subject log in."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import httpx

from tests.accounts.issuers import lying


@contextmanager
def serve(host: str = "localhost") -> Iterator[str]:
    """Serve an issuer on a free port of this machine; yield its address with this host name."""
    with (
        without_warnings_of_authlib(),
        import_module("oidc_provider_mock").run_server_in_thread() as server,
    ):
        yield f"http://{host}:{server.server_port}"


@contextmanager
def without_warnings_of_authlib() -> Iterator[None]:
    """Silence Authlib's warnings: the mock uses parts that a coming release removes."""
    with warnings.catch_warnings():
        # importing it shows its warnings, so import it before silencing them
        import_module("authlib.deprecate")

        for message in ("authlib.jose module is deprecated", r"get_jwt_config\("):
            warnings.filterwarnings("ignore", message, DeprecationWarning)
        yield


def tell(url: str, subject: str, **claims: Any) -> None:
    """Set the issuer's claims about a subject from now on."""
    httpx.put(f"{url}/users/{subject}", json=claims).raise_for_status()


def variables(url: str, **more: str) -> dict[str, str]:
    """Return the environment that configures this issuer as "Acme"."""
    return {
        "OIDC_ISSUER": url,
        "OIDC_NAME": "Acme",
        "OIDC_CLIENT_ID": lying.CLIENT_ID,
        "OIDC_CLIENT_SECRET": lying.SECRET,
        **more,
    }
