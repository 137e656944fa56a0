"""Requests: the queue, the context of a model's code, the webhook at the end."""
