"""What makers do with their shares: begin, change, list and end them."""
