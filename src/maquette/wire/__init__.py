"""HTTP: selecting the dialect, identifying and admitting callers, reading input and sending responses."""
