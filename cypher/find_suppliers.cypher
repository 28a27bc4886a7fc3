// Suppliers by key.
// params: keys
// returns: supplier_id, name, country, lead_time_days, lead_time_sd_days
UNWIND $keys AS wanted
MATCH (s:Supplier {supplier_id: wanted})
RETURN
  s.supplier_id AS supplier_id,
  s.name AS name,
  s.country AS country,
  s.lead_time_days AS lead_time_days,
  s.lead_time_sd_days AS lead_time_sd_days
