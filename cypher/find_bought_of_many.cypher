// What each of some customers buys, strongest first.
// params: keys
// returns: customer_id, skus, strengths
UNWIND $keys AS wanted
CALL (wanted) {
  MATCH (:Customer {customer_id: wanted})-[e:BOUGHT]->(p:Product)
  RETURN p.sku AS sku, coalesce(e.strength, 0.0) AS strength ORDER BY strength DESC, sku
}
RETURN wanted AS customer_id, collect(sku) AS skus, collect(strength) AS strengths
