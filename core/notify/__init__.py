"""Notifications between web and worker processes."""
