// No two customers share a key; finding one by it is a look-up.
// params:
// returns:
CREATE CONSTRAINT customer_key IF NOT EXISTS
FOR (c:Customer) REQUIRE c.customer_id IS UNIQUE
