"""What would a team run that takes a finished server? Directus, with collections made over its own API.

`make bench-peers` installs it from the lock beside this file; where it isn't, it takes no part.
"""
