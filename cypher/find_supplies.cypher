// The first suppliers of each product after a key, by key, with the terms last agreed.
// params: keys, after, limit
// returns: key, supplier_id, pack_units, min_order_units, lead_time_days
UNWIND $keys AS wanted
CALL (wanted) {
  MATCH (s:Supplier)-[e:SUPPLIES]->(:Product {sku: wanted})
  WHERE s.supplier_id > $after
  WITH s, e ORDER BY e.valid_from DESC
  WITH s, collect(e)[0] AS e
  RETURN s, e ORDER BY s.supplier_id LIMIT $limit
}
RETURN
  wanted AS key,
  s.supplier_id AS supplier_id,
  e.pack_units AS pack_units,
  e.min_order_units AS min_order_units,
  e.lead_time_days AS lead_time_days
