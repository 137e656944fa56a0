"""Notifications to users and webhooks to their programs: an outbox, and its delivery."""
