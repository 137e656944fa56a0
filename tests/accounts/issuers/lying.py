"""An issuer on a real socket that lies, stalls or answers nonsense, as a test wants."""

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CONFIGURATION = "/.well-known/openid-configuration"
CLIENT_ID = "vitrine"
SECRET = "client-secret-of-the-tests"
SUBJECT = "subject-1"


@cache
def private_key(name: str = "own") -> rsa.RSAPrivateKey:
    """Return a key for signing, a different one for each name."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class LyingIssuer:
    """Tells the truth until a test changes one of its attributes."""

    def __init__(self, url: str) -> None:
        self.url = url
        # these claims replace those of the ID token, or with None remove them
        self.claims: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {"sub": SUBJECT}
        self.configuration: dict[str, Any] = {}
        self.header: dict[str, Any] = {"kid": "own"}
        self.key: Any = private_key()
        self.algorithm = "RS256"
        self.answers: dict[str, tuple[int, bytes]] = {}  # status and body by path
        self.stalls = ""  # the path that never answers
        self.drips = ""  # the path with an endless answer
        self.nonce = ""
        self.posts: list[dict[str, str]] = []

    def answer(self, path: str) -> tuple[int, bytes]:
        """Return the status and the body at a path."""
        if path in self.answers:
            return self.answers[path]
        parts: dict[str, Callable[[], Any]] = {
            CONFIGURATION: self._configuration,
            "/jwks": self._jwks,
            "/token": self._tokens,
            "/userinfo": lambda: self.userinfo,
        }
        return 200, json.dumps(parts[path]()).encode()

    def is_proven(self, challenge: str) -> bool:
        """Return whether the last code came with the verifier of this PKCE challenge."""
        verifier = self.posts[-1]["code_verifier"].encode()
        hashed = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest())
        return hashed.rstrip(b"=").decode() == challenge

    def _configuration(self) -> dict[str, Any]:
        endpoints = {
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/jwks",
        }
        return _changed({"issuer": self.url, **endpoints}, self.configuration)

    def _jwks(self) -> dict[str, Any]:
        key = jwt.algorithms.RSAAlgorithm.to_jwk(private_key().public_key(), as_dict=True)
        return {"keys": [{**key, "kid": "own", "alg": "RS256", "use": "sig"}]}

    def _tokens(self) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": SUBJECT,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": self.nonce,
            "email": "ana@example.com",
            "email_verified": True,
            "name": "Ana Lima",
            "preferred_username": "ana.lima",
        }
        claims = _changed(claims, self.claims)
        token = jwt.encode(claims, self.key, algorithm=self.algorithm, headers=self.header)
        return {"access_token": "access-token-of-the-tests", "id_token": token}


def _changed(facts: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**facts, **changes}.items() if value is not None}


class _Handler(BaseHTTPRequestHandler):
    issuer: LyingIssuer

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        issuer = self.server.issuer  # type: ignore[attr-defined]
        if path == issuer.stalls:
            time.sleep(1.5)
        status, body = issuer.answer(path)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if path == issuer.drips:
            self.end_headers()
            for _ in range(30):
                self.wfile.write(b" ")
                time.sleep(0.1)
            return
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(text).items()}
        form["authorization"] = self.headers.get("Authorization", "")
        self.server.issuer.posts.append(form)  # type: ignore[attr-defined]
        self.do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that hang up, as tests of stalls do."""


@contextmanager
def serve() -> Iterator[LyingIssuer]:
    """Serve an issuer on a free port of this machine."""
    server = _Server(("127.0.0.1", 0), _Handler)
    issuer = LyingIssuer(f"http://127.0.0.1:{server.server_port}")
    server.issuer = issuer  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
