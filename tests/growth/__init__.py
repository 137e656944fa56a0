"""How the cost of each way in grows with what people send."""
