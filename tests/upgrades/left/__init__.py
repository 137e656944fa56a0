"""What people had made of what left in 0.3.0: a module for each, with two functions.

`make(apps)` adds rows to a database of 0.2.0, by the models of that time; `check(apps)` looks at
what they became, by those of today's migrations. `tests/upgrades/test_left.py` runs them all.
"""
