"""The room's commands for `manage.py`."""
