// No two promotions share a key; finding one by it is a look-up.
// params:
// returns:
CREATE CONSTRAINT promotion_key IF NOT EXISTS
FOR (p:Promotion) REQUIRE p.promotion_id IS UNIQUE
