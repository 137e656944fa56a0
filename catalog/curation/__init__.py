"""What users and curators add: statuses, collections, notes; and news of stored queries."""
