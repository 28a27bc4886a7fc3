// The first or last stores that each promotion is bound to between two keys, by key.
// params: keys, after, before, limit, is_last
// returns: key, store_id, num_products
UNWIND $keys AS wanted
CALL (wanted) {
  MATCH (:Promotion {promotion_id: wanted})-[e:RUNS_AT]->(s:Store)
  WHERE $after < s.store_id AND s.store_id < $before
  WITH s.store_id AS store_id, e.num_products AS num_products ORDER BY store_id
  WITH collect([store_id, num_products]) AS found
  UNWIND CASE WHEN $is_last THEN found[-$limit..] ELSE found[..$limit] END AS pair
  RETURN pair[0] AS store_id, pair[1] AS num_products
}
RETURN wanted AS key, store_id, num_products
