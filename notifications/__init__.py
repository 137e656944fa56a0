"""Notifications of people and webhooks to their programs: an outbox, and its delivery."""
