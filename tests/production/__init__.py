"""`make production-check`: the shape of docs/OPERATING.md on this machine, used and broken."""
