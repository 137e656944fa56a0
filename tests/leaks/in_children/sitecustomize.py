"""Python runs this at its start; in web and realtime processes of tests, it watches the answers."""

import sys

if {"config.server.serving", "realtime"} & {*sys.orig_argv}:
    from uvicorn import Config

    load = Config.load

    def load_watched(self: Config) -> None:
        """Load the application, and watch everything that it sends."""
        load(self)
        # Not earlier: the checkout's folder is not on the path until the program starts.
        from tests.leaks.made import mark_made_secrets
        from tests.leaks.responses import watch_own_keys, watched_application

        mark_made_secrets()
        watch_own_keys()
        self.loaded_app = watched_application(self.loaded_app)

    Config.load = load_watched  # type: ignore[method-assign]
