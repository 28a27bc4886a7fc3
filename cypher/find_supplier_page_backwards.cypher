// The last products of a supplier between two keys, from the last backwards.
// params: key, after, before, limit
// returns: sku
MATCH (:Supplier {supplier_id: $key})-[:SUPPLIES]->(p:Product)
WHERE $after < p.sku AND p.sku < $before
RETURN DISTINCT p.sku AS sku
ORDER BY sku DESC
LIMIT $limit
