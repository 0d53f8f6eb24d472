"""The nouns: plain records, the caller and what they may do, pages, and the closed set of refusals."""
