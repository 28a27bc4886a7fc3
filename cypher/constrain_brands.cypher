// No two brands share a key; finding one by it is a look-up.
// params:
// returns:
CREATE CONSTRAINT brand_key IF NOT EXISTS
FOR (b:Brand) REQUIRE b.name IS UNIQUE
