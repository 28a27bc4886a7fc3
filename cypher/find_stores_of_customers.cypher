// The first or last stores that each customer shops at between two keys, by key; instants in milliseconds since 1970.
// params: keys, after, before, limit, is_last
// returns: key, store_id, num_baskets, last_bought_ms
UNWIND $keys AS wanted
CALL (wanted) {
  MATCH (:Customer {customer_id: wanted})-[e:SHOPS_AT]->(s:Store)
  WHERE $after < s.store_id AND s.store_id < $before
  WITH s.store_id AS store_id, e ORDER BY store_id
  WITH collect([store_id, e]) AS found
  UNWIND CASE WHEN $is_last THEN found[-$limit..] ELSE found[..$limit] END AS pair
  RETURN pair[0] AS store_id, pair[1] AS e
}
RETURN wanted AS key, store_id, e.num_baskets AS num_baskets, e.last_bought_at.epochMillis AS last_bought_ms
