"""Which port does a test's server get, and how long may it take?"""

import socket

PATIENCE_S = 60
"""For a server's start, its end and each answer: on a busy machine, a page that is made first takes ten seconds."""


def free_port() -> int:
    """One of thousands that nobody has, so that no other test is given it too."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
