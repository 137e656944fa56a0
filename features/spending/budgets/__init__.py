"""Budgets: which ones apply to a run, what they refuse, how that is worded, who may change them."""
