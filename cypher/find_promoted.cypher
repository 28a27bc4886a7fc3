// The first promotions of each product after a key, by key.
// params: keys, after, limit
// returns: key, promotion_id, promo_price, discount_share
UNWIND $keys AS wanted
CALL (wanted) {
  MATCH (p:Promotion)-[e:PROMOTES]->(:Product {sku: wanted})
  WHERE p.promotion_id > $after
  WITH p, collect(e)[0] AS e
  RETURN p, e ORDER BY p.promotion_id LIMIT $limit
}
RETURN wanted AS key, p.promotion_id AS promotion_id, e.promo_price AS promo_price, e.discount_share AS discount_share
