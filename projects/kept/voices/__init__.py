"""What people say of each other's work: who says it, comments, and whom they name.

A room adds where something is said, who may say it, and who hears of it.
"""
