"""Rows of the features that 0.3.0 removed: one module per feature, with two functions.

`make(apps)` adds rows to a database of 0.2.0 with the models of that version. After the update,
`check(apps)` checks what they became. `tests/upgrades/test_left.py` runs all modules.
"""
