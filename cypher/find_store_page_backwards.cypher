// The last products of a store's range between two keys, from the last backwards.
// params: key, after, before, limit
// returns: sku
MATCH (:Store {store_id: $key})-[:STOCKS]->(p:Product)
WHERE $after < p.sku AND p.sku < $before
RETURN DISTINCT p.sku AS sku
ORDER BY sku DESC
LIMIT $limit
