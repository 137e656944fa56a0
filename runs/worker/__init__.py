"""The worker process: all communication with upstream."""
