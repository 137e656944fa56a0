"""What was spent, added up: by day, and by what it was spent on."""
