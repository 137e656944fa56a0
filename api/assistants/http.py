"""MCP over streamable HTTP, at `/mcp` of the web process.

Each request carries an API token and is stateless: any web process can answer it. The `mcp` package
is imported by the first request, so a server without assistants does not load it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from decimal import Decimal
from typing import Any
from urllib.parse import unquote, urlencode

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections
from django.utils.crypto import salted_hmac

from accounts.single_use import digest
from api import charges, tokens
from api.assistants import messages
from api.assistants.caller import BASE, CallRefused, refusal
from api.contract.operation import PROBLEM
from api.fal_proxy import result_files
from api.http.authentication import secret_of
from api.http.problem import Problem
from api.spending import Charge
from core.http.asgi import App, Message, Receive, Scope, Send, respond
from core.http.errors import COMPRESSED
from runs.models import Run

PATH = "/mcp"
PATHS = {PATH, f"{PATH}/"}
STATE_SALT = "api.assistants.state"
# Longer than a question is open (`api.consents`), so that a late answer gets a sentence.
STATE_HOLDS_S = 3600.0
TOKEN = "vitrine.caller"  # noqa: S105  a key of the ASGI scope
# Headers of the assistant's request that are copied to its calls.
CARRIED = {b"authorization", b"host", b"x-forwarded-for", b"x-forwarded-proto"}

log = logging.getLogger(__name__)


class Assistants:
    """The ASGI application at `PATH`; `app` serves the API."""

    def __init__(self, app: App, cap: int) -> None:
        self._app = app
        self._cap = Decimal(cap)
        self._is_stopping = False
        self._managers: dict[bool, Any] = {}  # True: answers with streams; False: with JSON only
        self._stop = asyncio.Event()
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["method"] != "POST":
            headers = [(b"allow", b"OPTIONS, POST")]
            if scope["method"] == "OPTIONS":
                await send({"type": "http.response.start", "status": 204, "headers": headers})
                await send({"type": "http.response.body"})
                return
            await _respond(send, 405, "Assistants send POST requests here.", headers)
            return
        caller = InProcess(self._app, scope)
        try:
            await caller.call("GET", "/me")
        except CallRefused as refusal:
            headers = [(b"www-authenticate", _challenge(scope))]
            await _respond(send, refusal.status or 503, str(refusal), headers)
            return
        encoding = next((v for name, v in scope["headers"] if name == b"content-encoding"), b"")
        if encoding.strip().lower() not in {b"", b"identity"}:
            await _respond(send, 415, COMPRESSED, [])
            return
        try:
            receive = await messages.acceptable(receive)
        except messages.WrongId as error:
            await respond(send, 400, error.answer)
            return
        managers = await self._running_managers(origin_of(scope))
        headers = [pair for pair in scope["headers"] if pair[0] != b"accept"]
        accepted = b",".join(value for name, value in scope["headers"] if name == b"accept")
        manager = managers[b"text/event-stream" in accepted or b"text/*" in accepted]
        # The package insists on both types; real clients send one of them, or none.
        headers.append((b"accept", b"application/json, text/event-stream"))
        known_scope = {**scope, "headers": headers, TOKEN: caller}
        await manager.handle_request(known_scope, receive, send)

    def release_all(self) -> None:
        """Answer the tools that wait for a run at once, as the server shuts down."""
        self._is_stopping = True

    async def stop(self) -> None:
        """Stop the task that serves the assistants."""
        self._stop.set()
        if self._task:
            await self._task

    async def _running_managers(self, origin: str) -> dict[bool, Any]:
        async with self._lock:
            if not self._managers:
                started = asyncio.Event()
                self._managers = await asyncio.to_thread(self._build, origin)
                self._task = asyncio.create_task(self._run(started), name="assistants")
                await started.wait()
        return self._managers

    def _build(self, origin: str) -> dict[bool, Any]:
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
        from mcp.server.transport_security import TransportSecuritySettings

        from api.assistants.server import build

        logging.getLogger("mcp").setLevel(logging.WARNING)
        return {
            is_stream: StreamableHTTPSessionManager(
                app=build(self._tools_of, self._security(), origin)._lowlevel_server,
                stateless=True,
                max_request_body_size=messages.MAX_BYTES,
                json_response=not is_stream,
                # A token is required, and Django checks the Host header of each call.
                security_settings=TransportSecuritySettings(enable_dns_rebinding_protection=False),
            )
            for is_stream in (True, False)
        }

    def _security(self) -> Any:
        """Return the sealing of answers, which any web process can open; bound to the token."""
        from mcp.server.request_state import RequestStateSecurity

        secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]

        def token(context: Any) -> str:
            return digest(secret_of(context.request.headers.get("authorization", "")))

        return RequestStateSecurity(
            keys=[
                salted_hmac(STATE_SALT, "", secret=secret, algorithm="sha256").digest()
                for secret in secrets
            ],
            ttl=STATE_HOLDS_S,
            bind_principal=token,
        )

    async def _run(self, started: asyncio.Event) -> None:
        async with self._managers[True].run(), self._managers[False].run():
            started.set()
            await self._stop.wait()

    def _tools_of(self, context: Any) -> Any:
        from api.assistants.questions import Asking
        from api.assistants.tools import Tools

        request = context.request_context.request
        caller = request.scope[TOKEN]
        secret = secret_of(request.headers.get("authorization", ""))
        return Tools(
            caller,
            TokenBudget(caller, secret, self._cap),
            Asking(context),
            context.report_progress,
            lambda: self._is_stopping,
        )


def origin_of(scope: Scope) -> str:
    """Return the address of this server, without a slash at the end."""
    if settings.PUBLIC_URL:
        return str(settings.PUBLIC_URL)
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return f"{scope.get('scheme', 'http')}://{host.decode('latin-1')}"


def _challenge(scope: Scope) -> bytes:
    """Return the header that tells a program without a valid token where it signs in (RFC 9728)."""
    metadata = f"{origin_of(scope)}/.well-known/oauth-protected-resource/mcp"
    return f'Bearer realm="Vitrine", resource_metadata="{metadata}"'.encode("latin-1", "ignore")


async def _respond(
    send: Send, status: int, detail: str, headers: list[tuple[bytes, bytes]]
) -> None:
    content = json.dumps(Problem(status, detail).as_json()).encode()
    headers = [*headers, (b"content-type", PROBLEM.encode()), (b"cache-control", b"no-store")]
    headers.append((b"content-length", b"%d" % len(content)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


class TokenBudget:
    """A `Budget` of the token `secret`, shared by all calls with it in all processes."""

    def __init__(self, caller: InProcess, secret: str, cap: Decimal) -> None:
        self._caller = caller
        self._secret = secret
        self._cap = cap

    async def left(self) -> Decimal:
        """Return what the session may still spend."""
        return await sync_to_async(self._left)()

    def _left(self) -> Decimal:
        close_old_connections()  # no request does so in this thread
        return charges.left_of(self._secret, self._cap)

    async def start(
        self, amount: Decimal | None, path: str, body: Any, project: str = "", consent: str = ""
    ) -> Any:
        """Post to an operation that may cost `amount`; raises CallRefused, also for the cap.

        The API counts the amount in the transaction that starts the run.
        """
        paying = self._caller.charging(Charge(amount, self._cap))
        return await paying.call(
            "POST", path, body, project=project or None, consent=consent or None
        )


class InProcess:
    """A `Caller` for the user of the request `scope`.

    It calls this process's own ASGI application, without a socket or network request.
    """

    def __init__(self, app: App, scope: Scope) -> None:
        self._app = app
        self._scope = scope

    def charging(self, charge: Charge) -> InProcess:
        """Return a caller whose paid calls are charged to the token's session."""
        return InProcess(self._app, {**self._scope, charges.CHARGE: charge})

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Return the JSON of an operation's response; raises CallRefused."""
        query_string = urlencode(
            {name: value for name, value in query.items() if value is not None}, True
        )
        content = b"" if body is None else json.dumps(body).encode()
        status, _, answer = await self._send(method, f"{BASE}{path}", query_string, content)
        parsed = json.loads(answer) if answer else None
        if status >= 400:
            raise refusal(status, parsed)
        return parsed

    async def file(self, path: str) -> tuple[bytes, str]:
        """Return a file's bytes and content type; raises CallRefused."""
        status, content_type, answer = await self._send("GET", path, "", b"")
        if status != 200:
            raise refusal(status, {"detail": "This file cannot be read at the moment."})
        return answer, content_type

    async def open_addresses(self, run_id: str) -> dict[int, str]:
        """Return addresses of a run's copied files that open without a login, by position.

        The run is one that this caller has read; each address asks again whether it still may.
        """
        return await sync_to_async(self._open_addresses)(run_id)

    def _open_addresses(self, run_id: str) -> dict[int, str]:
        close_old_connections()  # no request does so in this thread
        headers = dict(self._scope["headers"])
        token = tokens.row_of(secret_of(headers.get(b"authorization", b"").decode("latin-1")))
        run = Run.objects.kept().with_title().filter(pk=run_id).first()
        if token is None or run is None:
            return {}
        return result_files.addresses_by_position(run, token, origin_of(self._scope))

    async def _send(
        self, method: str, path: str, query: str, content: bytes
    ) -> tuple[int, str, bytes]:
        requests = [{"type": "http.request", "body": content, "more_body": False}]
        status, content_type, parts = 0, "", list[bytes]()

        async def receive() -> Message:
            if not requests:
                await asyncio.Event().wait()  # this client does not disconnect
            return requests.pop()

        async def send(message: Message) -> None:
            nonlocal status, content_type
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = {name.lower(): value for name, value in message["headers"]}
                content_type = headers.get(b"content-type", b"").decode("latin-1")
            else:
                parts.append(message.get("body", b""))

        await self._app(self._inner(method, path, query, content), receive, send)
        return status, content_type, b"".join(parts)

    def _inner(self, method: str, path: str, query: str, content: bytes) -> Scope:
        headers = [(name, value) for name, value in self._scope["headers"] if name in CARRIED]
        headers.append((b"content-length", b"%d" % len(content)))
        if content:
            headers.append((b"content-type", b"application/json"))
        inner = {"method": method, "path": unquote(path), "raw_path": path.encode()}
        return {**self._scope, **inner, "query_string": query.encode(), "headers": headers}
