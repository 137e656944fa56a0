"""The recorded films, sounds, meshes and example files below `recordings/`.

They were made once by this project's own painters, synthesisers and lathe (of the commit 7c4f2899).
"""

from pathlib import Path

from sandbox.execution.context import digest

FOLDER = Path(__file__).parent / "recordings"


def choice(kind: str, *parts: object) -> bytes:
    """Return one of the recordings that match the pattern `kind`, the same for equal `parts`."""
    recordings = sorted(FOLDER.glob(kind))
    return recordings[digest(parts) % len(recordings)].read_bytes()
