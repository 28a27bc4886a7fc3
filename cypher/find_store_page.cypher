// The first products of a store's range between two keys, ascending.
// params: key, after, before, limit
// returns: sku
MATCH (:Store {store_id: $key})-[:STOCKS]->(p:Product)
WHERE $after < p.sku AND p.sku < $before
RETURN DISTINCT p.sku AS sku
ORDER BY sku
LIMIT $limit
