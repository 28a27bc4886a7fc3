"""Sales history, planned prices and relations → demand by product, store and week, with honest intervals."""
