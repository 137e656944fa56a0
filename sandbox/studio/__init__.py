"""Where the models' work is done. Modules here may import heavy libraries.

Nothing imports them early.
"""
