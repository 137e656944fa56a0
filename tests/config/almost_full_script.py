"""Runs a module, with its arguments, on a disk that has only three megabytes left."""

import runpy
import shutil
import sys
from typing import Any

real = shutil.disk_usage


def almost_full(path: Any) -> Any:
    return real(path)._replace(free=3 << 20)


if __name__ == "__main__":
    shutil.disk_usage = almost_full
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
