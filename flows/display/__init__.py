"""What the pages of flows show."""
