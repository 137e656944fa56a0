"""What an operator looks after: health, status, and word of trouble."""
