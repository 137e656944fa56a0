"""Looks after a deployment: its health, its status, backups, and news of trouble."""
