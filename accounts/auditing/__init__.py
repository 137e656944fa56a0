"""Below the audit log's rows: who acts in which request, and what is kept of each entry."""
