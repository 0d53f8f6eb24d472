"""Request and response bodies in CraftDesk's format."""
