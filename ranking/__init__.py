"""Purchases, relations and vectors to rankings: popularity, neighbourhoods, linear models and dual vectors."""
