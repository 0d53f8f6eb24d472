"""HTTP: which dialect is spoken, who calls, may they, and in which bytes the answer goes back."""
