"""What runs will cost and have cost."""
