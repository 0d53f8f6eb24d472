"""One handler per route: read the input, run a verb, render its outcome."""
