"""Models of runs and artifacts, the ledger, form contents, uploads, and the workers' rows."""

from runs.models.daily_sum import DailySum
from runs.models.form import Draft, Preset, Share, share_id
from runs.models.input_file import InputFile
from runs.models.ledger import Charge, LedgerAccount, LedgerEntry
from runs.models.record import RecordedRun, RecordSum
from runs.models.run import (
    GIVEN_UP,
    START_TIMEOUT,
    Artifact,
    DerivedFile,
    ResultExcerpt,
    Run,
    Transport,
    webhook_token,
)
from runs.models.upload import DiscardedContent, Upload, UploadReservation
from runs.models.view import View
from runs.models.worker import (
    KeptFigures,
    MetadataBackfill,
    UpstreamDeletion,
    UpstreamKeys,
    WantedCopy,
    WebhookReport,
    Worker,
)

__all__ = [
    "GIVEN_UP",
    "START_TIMEOUT",
    "Artifact",
    "Charge",
    "DailySum",
    "DerivedFile",
    "DiscardedContent",
    "Draft",
    "InputFile",
    "KeptFigures",
    "LedgerAccount",
    "LedgerEntry",
    "MetadataBackfill",
    "Preset",
    "RecordSum",
    "RecordedRun",
    "ResultExcerpt",
    "Run",
    "Share",
    "Transport",
    "Upload",
    "UploadReservation",
    "UpstreamDeletion",
    "UpstreamKeys",
    "View",
    "WantedCopy",
    "WebhookReport",
    "Worker",
    "share_id",
    "webhook_token",
]
