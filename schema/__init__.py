"""Nouns that cross a folder border: tables, nodes, edges, relations, snapshots, embeddings, decisions and errors."""
