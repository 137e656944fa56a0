"""Typed asyncio client for fal.ai's HTTP and WebSocket protocol. Independent of Django."""

import fal.slim_httpx  # noqa: F401  must precede every import of httpx
from fal.addresses import Addresses
from fal.answers import CANCELLED, DISCONNECTED, Problem, dotted, error_paths
from fal.catalogue import (
    CatalogueItem,
    Estimate,
    ExpansionError,
    Group,
    Malformed,
    Metadata,
    Page,
    Price,
)
from fal.clients import Clients
from fal.endpoint_id import EndpointId
from fal.errors import (
    AuthFailed,
    BadRedirect,
    EmptyFile,
    FalError,
    FileUnavailable,
    InvalidArguments,
    InvalidEndpointId,
    InvalidInput,
    NotReady,
    RateLimited,
    RequestRejected,
    RunFailed,
    Unreachable,
    Unreadable,
    UploadRefused,
    UpstreamFailed,
)
from fal.files import Download, Files
from fal.platform import Found, Platform
from fal.queue import Queue
from fal.realtime import Realtime, Session
from fal.request import Handle, SubmitOptions
from fal.requests import PastRequest
from fal.result import Result
from fal.status import Cancellation, LogLine, Phase, Status, merge_logs, sort_logs
from fal.storage import Storage
from fal.stream import BROKEN, Partial, Stream
from fal.sync import Sync
from fal.websocket import WebSocket
from fal.wire import CLIENT_CLOSED_REQUEST

__all__ = [
    "BROKEN",
    "CANCELLED",
    "CLIENT_CLOSED_REQUEST",
    "DISCONNECTED",
    "Addresses",
    "AuthFailed",
    "BadRedirect",
    "Cancellation",
    "CatalogueItem",
    "Clients",
    "Download",
    "EmptyFile",
    "EndpointId",
    "Estimate",
    "ExpansionError",
    "FalError",
    "FileUnavailable",
    "Files",
    "Found",
    "Group",
    "Handle",
    "InvalidArguments",
    "InvalidEndpointId",
    "InvalidInput",
    "LogLine",
    "Malformed",
    "Metadata",
    "NotReady",
    "Page",
    "Partial",
    "PastRequest",
    "Phase",
    "Platform",
    "Price",
    "Problem",
    "Queue",
    "RateLimited",
    "Realtime",
    "RequestRejected",
    "Result",
    "RunFailed",
    "Session",
    "Status",
    "Storage",
    "Stream",
    "SubmitOptions",
    "Sync",
    "Unreachable",
    "Unreadable",
    "UploadRefused",
    "UpstreamFailed",
    "WebSocket",
    "dotted",
    "error_paths",
    "merge_logs",
    "sort_logs",
]
