// A random share (1.0 = all) of the suppliers, days as text and instants as microseconds since 1970.
// params: share
// returns: id, supplier_id, name, country, lead_time_days, lead_time_sd_days, load_id
MATCH (s:Supplier)
WHERE rand() < $share
RETURN
  id(s) AS id,
  s.supplier_id AS supplier_id,
  s.name AS name,
  s.country AS country,
  s.lead_time_days AS lead_time_days,
  s.lead_time_sd_days AS lead_time_sd_days,
  s.load_id AS load_id
