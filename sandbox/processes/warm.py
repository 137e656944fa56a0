"""`python -m sandbox.processes.warm`: makes the thumbnails in advance, at the lowest priority."""

import argparse
import os
from pathlib import Path

from sandbox.config import Config
from sandbox.state import Sandbox


def main(argv: list[str] | None = None) -> None:
    """Make the thumbnails that the gallery does not have yet."""
    parser = argparse.ArgumentParser("sandbox.processes.warm", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--base", required=True)
    options = parser.parse_args(argv)
    if hasattr(os, "nice"):
        os.nice(19)
    gallery = Sandbox(Config(options.data_dir, base=options.base)).gallery
    for relative in gallery.missing():
        gallery.make(relative)


if __name__ == "__main__":
    main()
