"""HTML pages for people, rendered on the server: no scripts, no external resources."""
