"""What goes over the wire, in Creatopy's words."""
