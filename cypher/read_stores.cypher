// A random share (1.0 = all) of the stores, days as text and instants as microseconds since 1970.
// params: share
// returns: id, store_id, name, city, region, country, format, area_m2, opened_on, closed_on, load_id
MATCH (s:Store)
WHERE rand() < $share
RETURN
  id(s) AS id,
  s.store_id AS store_id,
  s.name AS name,
  s.city AS city,
  s.region AS region,
  s.country AS country,
  s.format AS format,
  s.area_m2 AS area_m2,
  toString(s.opened_on) AS opened_on,
  toString(s.closed_on) AS closed_on,
  s.load_id AS load_id
