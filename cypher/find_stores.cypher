// Stores by key.
// params: keys
// returns: store_id, name, city, region, country, format, area_m2
UNWIND $keys AS wanted
MATCH (s:Store {store_id: wanted})
RETURN
  s.store_id AS store_id,
  s.name AS name,
  s.city AS city,
  s.region AS region,
  s.country AS country,
  s.format AS format,
  s.area_m2 AS area_m2
