"""The operational store: what people and tills said after a load, in a SQL database."""
