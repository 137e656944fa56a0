"""Prints the identity of its process, and ends when its input ends."""

import sys

from core.process.identity import current

if __name__ == "__main__":
    print(current(), flush=True)
    sys.stdin.read()
