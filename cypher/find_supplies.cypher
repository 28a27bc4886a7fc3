// The first or last suppliers of each product between two keys, by key, with the terms last agreed.
// params: keys, after, before, limit, is_last
// returns: key, supplier_id, pack_units, min_order_units, lead_time_days
UNWIND $keys AS wanted
CALL (wanted) {
  MATCH (s:Supplier)-[e:SUPPLIES]->(:Product {sku: wanted})
  WHERE $after < s.supplier_id AND s.supplier_id < $before
  WITH s.supplier_id AS supplier_id, e ORDER BY e.valid_from DESC
  WITH supplier_id, collect(e)[0] AS e ORDER BY supplier_id
  WITH collect([supplier_id, e]) AS found
  UNWIND CASE WHEN $is_last THEN found[-$limit..] ELSE found[..$limit] END AS pair
  RETURN pair[0] AS supplier_id, pair[1] AS e
}
RETURN
  wanted AS key,
  supplier_id,
  e.pack_units AS pack_units,
  e.min_order_units AS min_order_units,
  e.lead_time_days AS lead_time_days
