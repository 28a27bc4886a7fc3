// A random share (1.0 = all) of the products, days as text and instants as microseconds since 1970.
// params: share
// returns: id, sku, name, description, list_price, unit_cost, size, size_unit, is_private_label, is_sold_by_weight, minimum_age, shelf_life_days, launched_on, delisted_on, gtin, image_url, product_url, load_id
MATCH (p:Product)
WHERE rand() < $share
RETURN
  id(p) AS id,
  p.sku AS sku,
  p.name AS name,
  p.description AS description,
  p.list_price AS list_price,
  p.unit_cost AS unit_cost,
  p.size AS size,
  p.size_unit AS size_unit,
  p.is_private_label AS is_private_label,
  p.is_sold_by_weight AS is_sold_by_weight,
  p.minimum_age AS minimum_age,
  p.shelf_life_days AS shelf_life_days,
  toString(p.launched_on) AS launched_on,
  toString(p.delisted_on) AS delisted_on,
  p.gtin AS gtin,
  p.image_url AS image_url,
  p.product_url AS product_url,
  p.load_id AS load_id
