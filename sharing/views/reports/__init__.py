"""Reports of boards: their list, a report's page, and what is taken away of one."""
