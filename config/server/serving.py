"""Serves the web process with uvicorn.

`manage.py up` starts it as `python -m config.server.serving --port 8000`.
"""

from __future__ import annotations

import argparse

import uvicorn

from config.server.processes import HOST, KEEP_ALIVE_S
from core.http.header_limits import LimitedHeads


def main() -> None:
    """Serve the web application until a signal."""
    parser = argparse.ArgumentParser("config.server.serving", description=__doc__)
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    config = uvicorn.Config(
        "config.asgi:application",
        host=options.host,
        http=LimitedHeads,
        port=options.port,
        log_config=None,  # uses the root's handler, which redacts
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
        timeout_keep_alive=KEEP_ALIVE_S,
        ws="none",
        server_header=False,
        # `accounts.limits.addresses` evaluates a proxy's headers, and only where PUBLIC_URL
        # is set.
        proxy_headers=False,
    )
    # Import the application before the event loop runs: the import may use the database.
    config.load()
    from house.operations.metrics import (
        reporting,  # it needs Django, which the application has set up
    )

    reporting.start("web", is_on=reporting.is_on())
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
