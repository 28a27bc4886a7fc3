// What a customer buys, strongest first.
// params: customer_id
// returns: sku, strength, num_baskets, last_bought_ms
MATCH (:Customer {customer_id: $customer_id})-[e:BOUGHT]->(p:Product)
RETURN p.sku AS sku, coalesce(e.strength, 0.0) AS strength, coalesce(e.num_baskets, 0) AS num_baskets,
  e.last_bought_at.epochMillis AS last_bought_ms
ORDER BY strength DESC, sku
