// The first products of a promotion between two keys, ascending.
// params: key, after, before, limit
// returns: sku
MATCH (:Promotion {promotion_id: $key})-[:PROMOTES]->(p:Product)
WHERE $after < p.sku AND p.sku < $before
RETURN DISTINCT p.sku AS sku
ORDER BY sku
LIMIT $limit
