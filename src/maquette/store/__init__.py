"""The memory: one seam, two engines behind it, and one file of SQL per noun."""
