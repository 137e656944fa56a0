"""The pages of a review: what visitors see and say, and what came of it for its makers."""
