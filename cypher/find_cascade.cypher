// What hangs on a supplier: its products, the stores that stock each, and what can stand in for it, likeliest first.
// params: supplier_id, most_products, most_substitutes
// returns: sku, store_ids, substitutes
MATCH (:Supplier {supplier_id: $supplier_id})-[:SUPPLIES]->(p:Product)
WITH DISTINCT p ORDER BY p.sku LIMIT $most_products
CALL (p) {
  MATCH (store:Store)-[:STOCKS]->(p)
  RETURN collect(DISTINCT store.store_id) AS store_ids
}
CALL (p) {
  MATCH (other:Product)-[r:SUBSTITUTES_FOR]->(p)
  WITH other, r ORDER BY r.rank LIMIT $most_substitutes
  RETURN collect(other.sku) AS substitutes
}
RETURN p.sku AS sku, store_ids, substitutes ORDER BY sku
