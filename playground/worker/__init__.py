"""The worker: everything that talks to upstream."""
