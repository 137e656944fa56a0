"""Fills a database with one person's results; measures an archive. Prints JSON.

python -m tests.bench.results.program COUNT  (settings come from the environment)
"""

import json
import sys
import uuid
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from tests.bench import catalogue

FILES, FILE_BYTES = 1_000, 256 << 10  # for the archive
PICTURES = 24  # shared by all results; each has the size of a real thumbnail


def main(count: int) -> dict[str, Any]:
    """Return the number of results, and the memory in MB that an archive takes."""
    catalogue.set_up()
    from django.db import connection

    from accounts.sign_in import local_owner
    from runs.models import Artifact, Run
    from tests.bench.history import filling

    owner = local_owner.get_or_create()
    # A run has 2.7 results on average, some of which are deleted.
    filling.fill(round(count / 2.2), [owner])
    Run.objects.unfinished().delete()  # otherwise the page would poll and never be idle
    store_pictures()
    return {
        "vendor": connection.vendor,
        "results": Artifact.objects.filter(run__in=Run.objects.kept()).count(),
        "archive": archive(owner),
    }


def store_pictures() -> None:
    """Store a few pictures, which all results show, so that the worker has nothing to do."""
    import io

    import numpy as np
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage
    from django.db.models import F
    from PIL import Image

    from runs.models import Artifact

    dice = np.random.default_rng(1)
    for number in range(PICTURES):
        noise = dice.integers(0, 255, (24, 32, 3), dtype=np.uint8)
        out = io.BytesIO()
        Image.fromarray(noise).resize((512, 384)).save(out, "WEBP", quality=80)
        default_storage.save(f"bench/{number}.webp", ContentFile(out.getvalue()))
    default_storage.save("bench/file.bin", ContentFile(dice.bytes(FILE_BYTES)))
    stored = Artifact.objects.filter(state=Artifact.State.STORED)
    stored.update(file="bench/file.bin", size_bytes=FILE_BYTES)
    for number in range(PICTURES):
        of_picture = stored.alias(picture=F("pk") % PICTURES).filter(picture=number)
        of_picture.update(thumbnail=f"bench/{number}.webp")


def archive(owner: Any) -> float:
    """Return the MB by which this process grows while it sends an archive of FILES files."""
    from features.library import archives
    from features.library.selection import Selection
    from runs.models import Artifact, Run
    from tests.bench.stage.process_usage import in_mb

    stored = Artifact.objects.filter(run__in=Run.objects.kept(), state=Artifact.State.STORED)
    chosen = list(stored.order_by("run_id").values_list("run_id", "position")[:FILES])
    positions: dict[uuid.UUID, set[int] | None] = {
        run: {position for _, position in of_run} for run, of_run in groupby(chosen, itemgetter(0))
    }
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak
    before = in_mb("VmRSS")
    sent = sum(len(part) for part in archives.stream(archives.prepare(owner, Selection(positions))))
    if sent < len(chosen) * FILE_BYTES:
        raise RuntimeError(f"the archive has {sent} bytes")
    return in_mb("VmHWM") - before


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
