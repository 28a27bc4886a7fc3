"""The protocols every stated figure comes from, with their baselines, tables and pictures."""
