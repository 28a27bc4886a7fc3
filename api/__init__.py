"""Decisions and the catalogue over GraphQL, and nothing else."""
