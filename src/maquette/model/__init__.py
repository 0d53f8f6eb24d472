"""The nouns: plain records, the caller and their permissions, pages, and the closed set of refusals."""
