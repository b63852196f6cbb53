"""The trading partner's side of X12: a strict reader, and a writer for the answers. Small, and nobody else's."""
