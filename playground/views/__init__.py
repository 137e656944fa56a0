"""What the playground answers: each module has the views of one noun."""
