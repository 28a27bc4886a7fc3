// The key of every product.
// params:
// returns: sku
MATCH (p:Product)
RETURN p.sku AS sku
