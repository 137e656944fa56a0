"""Makes thumbnails and examples: reads a path of the file host per line, and prints a line each."""

import argparse
import sys
from pathlib import Path

from sandbox.config import Config
from sandbox.state import Sandbox


def main(argv: list[str] | None = None) -> None:
    """Make a file for each line of standard input until it is closed."""
    parser = argparse.ArgumentParser("sandbox.processes.painter", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--base", required=True)
    options = parser.parse_args(argv)
    gallery = Sandbox(Config(options.data_dir, base=options.base)).gallery
    for line in sys.stdin:
        gallery.make(line.rstrip("\n"))
        print("made", flush=True)


if __name__ == "__main__":
    main()
