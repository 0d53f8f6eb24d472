"""What goes over the wire, in CraftDesk's words."""
