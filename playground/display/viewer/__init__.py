"""What the viewer shows of one result: itself, its inputs, its facts, and what can be done."""
