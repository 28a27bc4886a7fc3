// A random share (1.0 = all) of the EXPECTS relationships, store to product.
// params: share
// returns: id, store_id, sku, units, low_units, high_units, num_weeks, starts_on, model_version
MATCH (store:Store)-[e:EXPECTS]->(product:Product)
WHERE rand() < $share
RETURN
  id(e) AS id,
  store.store_id AS store_id,
  product.sku AS sku,
  e.units AS units,
  e.low_units AS low_units,
  e.high_units AS high_units,
  e.num_weeks AS num_weeks,
  toString(e.starts_on) AS starts_on,
  e.model_version AS model_version
