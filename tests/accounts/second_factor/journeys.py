"""Steps of people with a second factor; an authenticator app and a passkey in software."""

import html
import json
import re
import secrets
import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.auth.models import User
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

HOST = "localhost"
INDEX, APP, CODES = (f"/account/second-factor/{part}" for part in ("", "app/", "codes/"))
PASSKEYS, NEW_PASSKEY = f"{INDEX}passkeys/", f"{INDEX}passkeys/new/"
STEP, PASSKEY_LOGIN = "/login/step/", "/login/passkey/"
VERIFIED = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV


def at_localhost() -> Client:
    """Return a browser at a host where passkeys work."""
    return Client(headers={"host": HOST})


def log_in(client: Client, name: str = "ana", password: str = "pw", to: str = "/runs/") -> Any:
    """Enter name and password."""
    posted = {"login": name, "password": password, "next": to}
    return client.post("/login/", posted)


def is_logged_in(client: Client) -> bool:
    """Return whether the session has a user."""
    return "_auth_user_id" in client.session


def code_of(secret: str, steps: int = 1) -> str:
    """Return the code of an app with this secret, some steps of 30 seconds later.

    Vitrine accepts the code before, the current one and the next. If a step ends before the answer,
    the code before is refused, so no test uses it.
    """
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def secret_of(page: Any) -> str:
    """Return the secret on the app's page."""
    match = re.search(r'class="secret">([A-Z2-7 ]+)<', page.content.decode())
    assert match
    return match[1].replace(" ", "")


def set_up_app(client: Client) -> str:
    """Set up an authenticator app with this step's code; return its secret."""
    secret = secret_of(client.get(APP))
    assert client.post(APP, {"code": code_of(secret, 0)}).status_code == 302
    return secret


def recovery_codes(client: Client) -> list[str]:
    """Return the codes on the page."""
    return re.findall(r"<code>(\d{8})</code>", client.get(CODES).content.decode())


def kinds(user: User) -> set[str]:
    """Return the kinds of a person's factors."""
    return set(Authenticator.objects.filter(user=user).values_list("type", flat=True))


def options_of(page: Any) -> dict[str, Any]:
    """Return what the page's script passes to the browser."""
    match = re.search(r'id="js_data" type="application/json">(.*?)</script>', page.content.decode())
    assert match
    (options,) = json.loads(html.unescape(match[1])).values()
    request: dict[str, Any] = options["publicKey"]
    return request


class Passkey:
    """A passkey in software, which answers as a browser does."""

    def __init__(self, host: str = HOST) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)
        self.host = host
        self.user_handle = ""

    def create(self, request: dict[str, Any]) -> str:
        """Answer a page that adds a passkey."""
        self.user_handle = request["user"]["id"]
        public = ES256.from_cryptography_key(self._key.public_key())  # type: ignore[no-untyped-call]
        credential = AttestedCredentialData.create(Aaguid.NONE, self.id, public)
        flags = VERIFIED | AuthenticatorData.FLAG.AT
        data = AuthenticatorData.create(self._host_hash(), flags, 0, credential)
        attestation = AttestationObject.create("none", data, {})
        answer = {
            "clientDataJSON": websafe_encode(self._client("webauthn.create", request)),
            "attestationObject": websafe_encode(bytes(attestation)),
            "transports": ["internal"],
        }
        return self._as_json(answer, {"credProps": {"rk": True}})

    def sign(self, request: dict[str, Any], flags: int = VERIFIED) -> str:
        """Answer a page that asks for a passkey."""
        client = self._client("webauthn.get", request)
        data = AuthenticatorData.create(self._host_hash(), AuthenticatorData.FLAG(flags), 1)
        signed = bytes(data) + client.hash
        answer = {
            "clientDataJSON": websafe_encode(client),
            "authenticatorData": websafe_encode(bytes(data)),
            "signature": websafe_encode(self._key.sign(signed, ec.ECDSA(hashes.SHA256()))),
            "userHandle": self.user_handle,
        }
        return self._as_json(answer, {})

    def _client(self, kind: str, request: dict[str, Any]) -> CollectedClientData:
        return CollectedClientData.create(kind, request["challenge"], f"http://{self.host}:8000")

    def _host_hash(self) -> bytes:
        digest = hashes.Hash(hashes.SHA256())
        digest.update(self.host.encode())
        return digest.finalize()

    def _as_json(self, answer: dict[str, Any], extensions: dict[str, Any]) -> str:
        ids = {"id": websafe_encode(self.id), "rawId": websafe_encode(self.id)}
        rest = {"type": "public-key", "clientExtensionResults": extensions}
        return json.dumps({**ids, **rest, "response": answer})


def add_passkey(client: Client, name: str = "Laptop") -> Passkey:
    """Add a passkey that can log in alone."""
    passkey = Passkey()
    credential = passkey.create(options_of(client.get(NEW_PASSKEY)))
    posted = {"name": name, "passwordless": "on", "credential": credential}
    response = client.post(NEW_PASSKEY, posted)
    assert response.status_code == 302, response.content.decode()
    return passkey


def ask_login(client: Client) -> dict[str, Any]:
    """Return the request for a passkey by the login page's script."""
    page = client.get(PASSKEY_LOGIN, headers={"accept": "application/json"})
    request: dict[str, Any] = page.json()["request_options"]["publicKey"]
    return request
