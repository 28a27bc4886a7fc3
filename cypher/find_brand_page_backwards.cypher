// The last products of a brand between two keys, from the last backwards.
// params: key, after, before, limit
// returns: sku
MATCH (:Brand {name: $key})<-[:OF_BRAND]-(p:Product)
WHERE $after < p.sku AND p.sku < $before
RETURN DISTINCT p.sku AS sku
ORDER BY sku DESC
LIMIT $limit
