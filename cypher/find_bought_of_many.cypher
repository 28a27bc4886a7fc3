// What each of some customers buys, strongest first; a row of `bought` is sku, strength, baskets and last instant.
// params: keys
// returns: customer_id, bought
UNWIND $keys AS wanted
CALL (wanted) {
  MATCH (:Customer {customer_id: wanted})-[e:BOUGHT]->(p:Product)
  RETURN p.sku AS sku, coalesce(e.strength, 0.0) AS strength, coalesce(e.num_baskets, 0) AS num_baskets,
    e.last_bought_at.epochMillis AS last_bought_ms
  ORDER BY strength DESC, sku
}
RETURN wanted AS customer_id, collect([sku, strength, num_baskets, last_bought_ms]) AS bought
