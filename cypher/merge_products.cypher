// Writes products, each wholly, whether the graph has it or not.
// params: rows
// returns: id
UNWIND $rows AS row
MERGE (p:Product {sku: row[0]})
SET p = {
  sku: row[0],
  name: row[1],
  description: row[2],
  list_price: row[3],
  unit_cost: row[4],
  size: row[5],
  size_unit: row[6],
  is_private_label: row[7],
  is_sold_by_weight: row[8],
  minimum_age: row[9],
  shelf_life_days: row[10],
  launched_on: date(row[11]),
  delisted_on: date(row[12]),
  gtin: row[13],
  image_url: row[14],
  product_url: row[15],
  load_id: row[16]
}
RETURN id(p) AS id
