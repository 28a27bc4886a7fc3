// The last products between two keys, from the last backwards.
// params: after, before, limit
// returns: sku
MATCH (p:Product)
WHERE $after < p.sku AND p.sku < $before
RETURN p.sku AS sku
ORDER BY sku DESC
LIMIT $limit
