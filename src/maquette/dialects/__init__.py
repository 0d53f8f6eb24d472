"""The APIs that this server speaks. To add one, add a folder here and its `DIALECT` to this list."""

from maquette.dialects import craftdesk, creatopy

INSTALLED = (craftdesk.DIALECT, creatopy.DIALECT)

DEFAULT = craftdesk.DIALECT
"""The dialect for a bare `/v1`, if neither the host nor the token selects one."""
