"""Typed asyncio client for fal.ai's HTTP and WebSocket protocol. Independent of Django.

Modules that open connections (clients, services, transports) are imported on first use: the web
process only reads messages and errors.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fal.addresses import Addresses
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
from fal.http.answers import (
    BROKEN,
    CANCELLED,
    CLIENT_CLOSED_REQUEST,
    CONCURRENCY_LIMIT,
    DISCONNECTED,
    FILE_DOWNLOAD,
    Answer,
    Problem,
    dotted,
    error_paths,
)
from fal.http.failed_submits import Reaction, reaction_to
from fal.messages.billing import Balance, BillingEvent, BillingPage
from fal.messages.catalogue import (
    CatalogueItem,
    ExpansionError,
    Group,
    Malformed,
    Metadata,
    Page,
    Price,
)
from fal.messages.endpoint_id import EndpointId
from fal.messages.request import Handle, PastRequest, SubmitOptions
from fal.messages.result import Result
from fal.messages.retention import FileDeletion, PayloadDeletion, StorageSettings
from fal.messages.status import Cancellation, LogLine, Phase, Status, merge_logs, sort_logs
from fal.messages.workflows import WorkflowDetail, WorkflowItem, WorkflowPage

if TYPE_CHECKING:
    from fal.clients import Clients
    from fal.http.limits import Limits
    from fal.services.account import Account, Workflows
    from fal.services.files import Download, Files
    from fal.services.platform import LookupResult, Platform
    from fal.services.storage import Storage
    from fal.transports.queue import Queue
    from fal.transports.realtime import Session
    from fal.transports.stream import Partial

IMPORTED_ON_FIRST_USE = {
    "Account": "fal.services.account",
    "Clients": "fal.clients",
    "Download": "fal.services.files",
    "Files": "fal.services.files",
    "LookupResult": "fal.services.platform",
    "Limits": "fal.http.limits",
    "Partial": "fal.transports.stream",
    "Platform": "fal.services.platform",
    "Queue": "fal.transports.queue",
    "Session": "fal.transports.realtime",
    "Storage": "fal.services.storage",
    "Workflows": "fal.services.account",
}


def __getattr__(name: str) -> Any:
    """Import a class that opens connections (PEP 562), and keep it in the module."""
    if name not in IMPORTED_ON_FIRST_USE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(IMPORTED_ON_FIRST_USE[name]), name)
    return value


__all__ = [
    "BROKEN",
    "CANCELLED",
    "CLIENT_CLOSED_REQUEST",
    "CONCURRENCY_LIMIT",
    "DISCONNECTED",
    "FILE_DOWNLOAD",
    "Account",
    "Addresses",
    "Answer",
    "AuthFailed",
    "BadRedirect",
    "Balance",
    "BillingEvent",
    "BillingPage",
    "Cancellation",
    "CatalogueItem",
    "Clients",
    "Download",
    "EmptyFile",
    "EndpointId",
    "ExpansionError",
    "FalError",
    "FileDeletion",
    "FileUnavailable",
    "Files",
    "Group",
    "Handle",
    "InvalidArguments",
    "InvalidEndpointId",
    "InvalidInput",
    "Limits",
    "LogLine",
    "LookupResult",
    "Malformed",
    "Metadata",
    "NotReady",
    "Page",
    "Partial",
    "PastRequest",
    "PayloadDeletion",
    "Phase",
    "Platform",
    "Price",
    "Problem",
    "Queue",
    "RateLimited",
    "Reaction",
    "RequestRejected",
    "Result",
    "RunFailed",
    "Session",
    "Status",
    "Storage",
    "StorageSettings",
    "SubmitOptions",
    "Unreachable",
    "Unreadable",
    "UploadRefused",
    "UpstreamFailed",
    "WorkflowDetail",
    "WorkflowItem",
    "WorkflowPage",
    "Workflows",
    "dotted",
    "error_paths",
    "merge_logs",
    "reaction_to",
    "sort_logs",
]
