"""How words find models: texts in the database, names and facts in memory."""
