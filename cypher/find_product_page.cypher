// The first products between two keys, ascending.
// params: after, before, limit
// returns: sku
MATCH (p:Product)
WHERE $after < p.sku AND p.sku < $before
RETURN p.sku AS sku
ORDER BY sku
LIMIT $limit
