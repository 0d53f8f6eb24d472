"""The APIs that this server speaks; a new one is a folder here and its name in this list."""

from maquette.dialects import craftdesk, creatopy

INSTALLED = (craftdesk.DIALECT, creatopy.DIALECT)

DEFAULT = craftdesk.DIALECT
"""Which one answers at a bare `/v1` when nothing in the call tells."""
