"""What lies at the edges of texts, numbers and times is refused, and never a server error."""
