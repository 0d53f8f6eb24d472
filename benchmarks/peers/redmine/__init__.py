"""What do many teams already run? Redmine, as Debian packages it."""
