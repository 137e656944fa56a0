"""What a result can be used as: which fields take it, in which role, and putting it there."""
