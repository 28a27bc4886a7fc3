// A random share (1.0 = all) of the customers, days as text and instants as microseconds since 1970.
// params: share
// returns: id, customer_id, segment, region, joined_on, load_id
MATCH (c:Customer)
WHERE rand() < $share
RETURN
  id(c) AS id,
  c.customer_id AS customer_id,
  c.segment AS segment,
  c.region AS region,
  toString(c.joined_on) AS joined_on,
  c.load_id AS load_id
