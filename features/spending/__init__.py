"""Money: budgets, what was spent, what models really cost, the alarm, and upstream's bills."""
