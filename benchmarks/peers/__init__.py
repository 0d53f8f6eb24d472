"""What else do people run? Servers on other foundations than the reference, asked the same."""
