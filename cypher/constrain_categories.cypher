// No two categories share a key; finding one by it is a look-up.
// params:
// returns:
CREATE CONSTRAINT category_key IF NOT EXISTS
FOR (c:Category) REQUIRE c.category_id IS UNIQUE
