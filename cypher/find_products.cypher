// Products by key, each with its category and brand.
// params: skus
// returns: sku, name, description, size, size_unit, is_private_label, is_sold_by_weight, minimum_age, gtin, image_url, product_url, launched_on, delisted_on, category_id, brand
UNWIND $skus AS wanted
MATCH (p:Product {sku: wanted})
OPTIONAL MATCH (p)-[:IN_CATEGORY]->(c:Category)
OPTIONAL MATCH (p)-[:OF_BRAND]->(b:Brand)
RETURN
  p.sku AS sku,
  p.name AS name,
  p.description AS description,
  p.size AS size,
  p.size_unit AS size_unit,
  p.is_private_label AS is_private_label,
  p.is_sold_by_weight AS is_sold_by_weight,
  p.minimum_age AS minimum_age,
  p.gtin AS gtin,
  p.image_url AS image_url,
  p.product_url AS product_url,
  toString(p.launched_on) AS launched_on,
  toString(p.delisted_on) AS delisted_on,
  min(c.category_id) AS category_id,
  min(b.name) AS brand
