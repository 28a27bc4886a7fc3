// No two suppliers share a key; finding one by it is a look-up.
// params:
// returns:
CREATE CONSTRAINT supplier_key IF NOT EXISTS
FOR (s:Supplier) REQUIRE s.supplier_id IS UNIQUE
