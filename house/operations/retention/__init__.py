"""What goes by age: things of projects, announced before, and rows of upkeep."""
