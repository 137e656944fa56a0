"""Webhooks from upstream: received by the web process, completed by a worker."""
