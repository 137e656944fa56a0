"""What users and curators add: statuses, collections, notes, saved searches."""
