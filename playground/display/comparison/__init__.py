"""Results beside each other, and what differs between them."""
