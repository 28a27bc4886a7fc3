// The first or last promotions that were sent to each customer between two keys, by key; days as text.
// params: keys, after, before, limit, is_last
// returns: key, promotion_id, sent_on
UNWIND $keys AS wanted
CALL (wanted) {
  MATCH (p:Promotion)-[e:SENT_TO]->(:Customer {customer_id: wanted})
  WHERE $after < p.promotion_id AND p.promotion_id < $before
  WITH p.promotion_id AS promotion_id, max(e.sent_on) AS sent_on ORDER BY promotion_id
  WITH collect([promotion_id, sent_on]) AS found
  UNWIND CASE WHEN $is_last THEN found[-$limit..] ELSE found[..$limit] END AS pair
  RETURN pair[0] AS promotion_id, pair[1] AS sent_on
}
RETURN wanted AS key, promotion_id, toString(sent_on) AS sent_on
