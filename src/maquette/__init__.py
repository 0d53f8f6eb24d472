"""Maquette: one server for creative projects that speaks the CraftDesk and the Creatopy API."""

__version__ = "0.1.0"
