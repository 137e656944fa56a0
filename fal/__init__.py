"""The protocol of fal.ai as a typed asyncio client: talking, and nothing else."""

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
    EmptyFile,
    FalError,
    FileUnavailable,
    InvalidArguments,
    InvalidEndpointId,
    InvalidInput,
    LedAway,
    NotReady,
    RateLimited,
    RequestRejected,
    RunFailed,
    Unreachable,
    Unreadable,
    UpstreamFailed,
)
from fal.files import Download, Files
from fal.platform import Found, Platform
from fal.queue import Queue
from fal.realtime import Realtime, Session
from fal.request import Handle, SubmitOptions
from fal.requests import PastRequest
from fal.result import Result
from fal.status import Cancellation, LogLine, Phase, Status, by_moment, merge_logs
from fal.storage import Storage
from fal.stream import BROKEN, Partial, Stream
from fal.sync import Sync
from fal.websocket import WebSocket
from fal.wire import HUNG_UP

__all__ = [
    "BROKEN",
    "CANCELLED",
    "DISCONNECTED",
    "HUNG_UP",
    "Addresses",
    "AuthFailed",
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
    "LedAway",
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
    "UpstreamFailed",
    "WebSocket",
    "by_moment",
    "dotted",
    "error_paths",
    "merge_logs",
]
