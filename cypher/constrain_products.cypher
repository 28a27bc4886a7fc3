// No two products share a key; finding one by it is a look-up.
// params:
// returns:
CREATE CONSTRAINT product_key IF NOT EXISTS
FOR (p:Product) REQUIRE p.sku IS UNIQUE
