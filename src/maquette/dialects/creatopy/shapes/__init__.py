"""Request and response bodies in Creatopy's format."""
