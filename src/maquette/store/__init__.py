"""Persistence: one database interface, the two engines behind it, and one file of SQL for each noun."""
