"""What happens to runs when things break: real processes are killed, upstream answers nonsense."""
