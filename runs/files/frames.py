"""Keeps single frames of stored films as uploads that know their film and the moment.

A subprocess reads the film (`media/frame_program.py`) while the request waits: usually half a
second. Equal frames are one file, since uploads are stored once per content.
"""

from __future__ import annotations

import logging
import tempfile
import threading
from pathlib import Path

from django.core.files.uploadedfile import UploadedFile

from core import storage
from core.file_names import split_suffix
from core.process import subprocess_worker
from core.refusals import Refused
from projects.models import Project
from runs.files import uploads
from runs.models import Artifact, Upload
from runs.records import counting

log = logging.getLogger(__name__)

LIMIT_S = 20.0
PROGRAM = "runs.files.media.frame_program"
AT_ONCE, WAIT_S = 2, 2.0  # each takes a core, and a thread of this process
_free = threading.BoundedSemaphore(AT_ONCE)

NOT_STORED = (
    "This film is not copied to this server, so no frame can be taken from it. If its run has just "
    "ended, wait a moment and try again; else make the film again."
)
UNREADABLE = (
    "No frame of this film can be read here: the file is damaged, or of a kind that this server "
    "does not know. Download it, or make the film again."
)
TOO_MUCH = (
    "Finding this frame takes too long, or too much memory, here. Choose a moment nearer to the "
    "beginning, or download the film and take the frame in another program."
)
UNAVAILABLE = "This server's storage does not give the film at the moment. Try again in a minute."
BUSY = "This server is taking other frames at the moment. Try again in a few seconds."


def keep(
    user_id: int, film: Artifact, film_name: str, at_s: float | None, project: Project
) -> Upload:
    """Keep the frame that a film shows at a moment, without one its last, as the user's upload.

    Raises Refused, and NotStored and QuotaExceeded as `uploads.store` does.
    """
    if film.kind != "video":
        raise Refused("Only films have frames. Choose a film.")
    if film.state != Artifact.State.STORED:
        raise Refused(NOT_STORED)
    with tempfile.NamedTemporaryFile(prefix="vitrine-", suffix=".png") as picture:
        begins_at_s = _write(film, picture.name, at_s)
        stem, _ = split_suffix(film_name)
        file = UploadedFile(
            picture, f"{stem} at {begins_at_s:.2f} s.png", "image/png", picture.seek(0, 2)
        )
        upload = uploads.store(user_id, file, "image", project=project)
    if upload.origin_run is None:
        upload.origin_run, upload.origin_position = film.run_id, film.position
        upload.origin_at_s = begins_at_s
        upload.save(update_fields=["origin_run", "origin_position", "origin_at_s"])
        counting.touch([film.run_id])
    return upload


def _write(film: Artifact, target: str, at_s: float | None) -> float:
    """Write a frame to the file `target`; return when it begins, in seconds."""
    if not _free.acquire(timeout=WAIT_S):
        raise Refused(BUSY)
    try:
        with storage.local_path(film.file) as path:
            if not Path(path).exists():
                raise FileNotFoundError(path)
            request = {"path": path, "target": target, "at": "" if at_s is None else repr(at_s)}
            answer = subprocess_worker.run_once(PROGRAM, request, LIMIT_S)
    except subprocess_worker.WorkerDied as error:
        log.warning("no frame of %s: %s", film, error)
        raise Refused(TOO_MUCH) from error
    except FileNotFoundError as error:
        raise Refused(NOT_STORED) from error
    except Exception as error:  # storage backends raise any kind of exception
        log.error("no frame of %s, the storage failed: %r", film, error)
        raise Refused(UNAVAILABLE) from error
    finally:
        _free.release()
    if why := answer.get("error", ""):
        log.info("no frame of %s: %s", film, why)
        raise Refused(UNREADABLE)
    if "ends_at" in answer:
        raise Refused(f"This film ends after {answer['ends_at']:g} s. Choose an earlier moment.")
    return float(answer["at"])
