// No two stores share a key; finding one by it is a look-up.
// params:
// returns:
CREATE CONSTRAINT store_key IF NOT EXISTS
FOR (s:Store) REQUIRE s.store_id IS UNIQUE
