// The first or last promotions that are bound to each store between two keys, by key.
// params: keys, after, before, limit, is_last
// returns: key, promotion_id, num_products
UNWIND $keys AS wanted
CALL (wanted) {
  MATCH (p:Promotion)-[e:RUNS_AT]->(:Store {store_id: wanted})
  WHERE $after < p.promotion_id AND p.promotion_id < $before
  WITH p.promotion_id AS promotion_id, e.num_products AS num_products ORDER BY promotion_id
  WITH collect([promotion_id, num_products]) AS found
  UNWIND CASE WHEN $is_last THEN found[-$limit..] ELSE found[..$limit] END AS pair
  RETURN pair[0] AS promotion_id, pair[1] AS num_products
}
RETURN wanted AS key, promotion_id, num_products
