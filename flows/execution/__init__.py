"""Running a flow: step by step, each step an ordinary run."""
