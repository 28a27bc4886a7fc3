"""Search: the catalogue's words, its facets with counts, and completion."""
