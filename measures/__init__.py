"""Pure functions on arrays that several workshops need."""
