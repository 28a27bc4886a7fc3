// Customers by key.
// params: keys
// returns: customer_id, segment, region, joined_on
UNWIND $keys AS wanted
MATCH (c:Customer {customer_id: wanted})
RETURN c.customer_id AS customer_id, c.segment AS segment, c.region AS region, toString(c.joined_on) AS joined_on
