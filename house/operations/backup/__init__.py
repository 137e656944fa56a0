"""Backups: database and files of one moment, made while people work, proved, and restored."""
