"""Typed asyncio client for fal.ai's HTTP and WebSocket protocol. Independent of Django."""

import fal.http.slim_httpx  # noqa: F401  must precede every import of httpx
from fal.addresses import Addresses
from fal.clients import Clients
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
from fal.http.answers import CANCELLED, DISCONNECTED, Answer, Problem, dotted, error_paths
from fal.http.limits import Limits
from fal.http.wire import CLIENT_CLOSED_REQUEST
from fal.messages.catalogue import (
    CatalogueItem,
    Estimate,
    ExpansionError,
    Group,
    Malformed,
    Metadata,
    Page,
    Price,
)
from fal.messages.endpoint_id import EndpointId
from fal.messages.request import Handle, SubmitOptions
from fal.messages.requests import PastRequest
from fal.messages.result import Result
from fal.messages.status import Cancellation, LogLine, Phase, Status, merge_logs, sort_logs
from fal.messages.workflows import WorkflowDetail, WorkflowItem, WorkflowPage
from fal.services.files import Download, Files
from fal.services.platform import Found, Platform
from fal.services.storage import Storage
from fal.services.workflows import Workflows
from fal.transports.queue import Queue
from fal.transports.realtime import Realtime, Session
from fal.transports.stream import BROKEN, Partial, Stream, Tee
from fal.transports.sync import Sync
from fal.transports.websocket import WebSocket

__all__ = [
    "BROKEN",
    "CANCELLED",
    "CLIENT_CLOSED_REQUEST",
    "DISCONNECTED",
    "Addresses",
    "Answer",
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
    "Limits",
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
    "Tee",
    "Unreachable",
    "Unreadable",
    "UploadRefused",
    "UpstreamFailed",
    "WebSocket",
    "WorkflowDetail",
    "WorkflowItem",
    "WorkflowPage",
    "Workflows",
    "dotted",
    "error_paths",
    "merge_logs",
    "sort_logs",
]
