"""Prints the packages that the sandbox's application needs to start; FOLDER is for its data."""

import sys
from pathlib import Path

from sandbox.app import build
from sandbox.config import Config

if __name__ == "__main__":
    build(Config(Path(sys.argv[1])))
    print(*sorted({name.partition(".")[0] for name in sys.modules}))
