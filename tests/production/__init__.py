"""`make production-check`: the deployment of docs/OPERATING.md on this machine, used and broken."""
