"""Models of runs and artifacts, form contents, uploads, and the workers' rows."""

from playground.models.form import Draft, Preset, Share, share_id
from playground.models.input_file import InputFile
from playground.models.kept_figures import KeptFigures
from playground.models.run import GIVEN_UP, Artifact, Run, Transport, webhook_token
from playground.models.upload import DiscardedContent, Upload, UploadReservation
from playground.models.worker import Delivery, MetadataBackfill, SigningKeys, Worker

__all__ = [
    "GIVEN_UP",
    "Artifact",
    "Delivery",
    "DiscardedContent",
    "Draft",
    "InputFile",
    "KeptFigures",
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
