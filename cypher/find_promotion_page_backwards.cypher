// The last products of a promotion between two keys, from the last backwards.
// params: key, after, before, limit
// returns: sku
MATCH (:Promotion {promotion_id: $key})-[:PROMOTES]->(p:Product)
WHERE $after < p.sku AND p.sku < $before
RETURN DISTINCT p.sku AS sku
ORDER BY sku DESC
LIMIT $limit
