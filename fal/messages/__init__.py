"""What is sent to fal and what it answers, as typed values."""
