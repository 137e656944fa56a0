"""Python runs this at its start: in a web or realtime process of tests, it watches the answers."""

import sys

if {"config.server.serving", "realtime"} & {*sys.orig_argv}:
    from uvicorn import Config

    load = Config.load

    def load_watched(self: Config) -> None:
        """Load the application, and look at whatever it sends."""
        load(self)
        # Not before: the folder of the checkout is not on the path until the program starts.
        from tests.leaks.made import mark_made_secrets
        from tests.leaks.responses import watch_own_keys, watched_application

        mark_made_secrets()
        watch_own_keys()
        self.loaded_app = watched_application(self.loaded_app)

    Config.load = load_watched  # type: ignore[method-assign]
