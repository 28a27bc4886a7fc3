// The first or last promotions of each product between two keys, by key.
// params: keys, after, before, limit, is_last
// returns: key, promotion_id, promo_price, discount_share
UNWIND $keys AS wanted
CALL (wanted) {
  MATCH (p:Promotion)-[e:PROMOTES]->(:Product {sku: wanted})
  WHERE $after < p.promotion_id AND p.promotion_id < $before
  WITH p.promotion_id AS promotion_id, collect(e)[0] AS e ORDER BY promotion_id
  WITH collect([promotion_id, e]) AS found
  UNWIND CASE WHEN $is_last THEN found[-$limit..] ELSE found[..$limit] END AS pair
  RETURN pair[0] AS promotion_id, pair[1] AS e
}
RETURN wanted AS key, promotion_id, e.promo_price AS promo_price, e.discount_share AS discount_share
