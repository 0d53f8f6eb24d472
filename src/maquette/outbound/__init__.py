"""The only ways out of the process, each with its deadline."""
