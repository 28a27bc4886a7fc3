// A shelf has one told price a first day; an empty store stands for everywhere.
// params:
// returns:
CREATE CONSTRAINT price_key IF NOT EXISTS
FOR (p:Price) REQUIRE (p.sku, p.store_id, p.valid_from) IS UNIQUE
