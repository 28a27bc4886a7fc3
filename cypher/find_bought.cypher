// What a customer buys, strongest first.
// params: customer_id
// returns: sku, strength
MATCH (:Customer {customer_id: $customer_id})-[e:BOUGHT]->(p:Product)
RETURN p.sku AS sku, coalesce(e.strength, 0.0) AS strength
ORDER BY strength DESC, sku
