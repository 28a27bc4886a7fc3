// The last products of a category and those below it between two keys, from the last backwards.
// params: key, after, before, limit
// returns: sku
MATCH (:Category {category_id: $key})<-[:PART_OF*0..20]-(:Category)<-[:IN_CATEGORY]-(p:Product)
WHERE $after < p.sku AND p.sku < $before
RETURN DISTINCT p.sku AS sku
ORDER BY sku DESC
LIMIT $limit
