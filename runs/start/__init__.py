"""How runs start, why starts are refused, and which costs are confirmed beforehand."""
