"""Parts of the audit log: the current request and its user, and how entries are written."""
