"""Models of runs and artifacts, the ledger, form contents, uploads, and the workers' rows."""

from runs.models.form import Draft, Preset, Share, share_id
from runs.models.input_file import InputFile
from runs.models.kept_figures import KeptFigures
from runs.models.ledger import LedgerAccount, LedgerEntry
from runs.models.run import GIVEN_UP, Artifact, Run, Transport, webhook_token
from runs.models.upload import DiscardedContent, Upload, UploadReservation
from runs.models.worker import Delivery, MetadataBackfill, SigningKeys, Worker

__all__ = [
    "GIVEN_UP",
    "Artifact",
    "Delivery",
    "DiscardedContent",
    "Draft",
    "InputFile",
    "KeptFigures",
    "LedgerAccount",
    "LedgerEntry",
    "MetadataBackfill",
    "Preset",
    "Run",
    "Share",
    "SigningKeys",
    "Transport",
    "Upload",
    "UploadReservation",
    "Worker",
    "share_id",
    "webhook_token",
]
