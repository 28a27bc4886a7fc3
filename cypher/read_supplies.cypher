// A random share (1.0 = all) of the SUPPLIES relationships, ends as ids, days as text, instants as microseconds since 1970.
// params: share
// returns: id, source, target, unit_cost, pack_units, min_order_units, lead_time_days, lead_time_sd_days, valid_from, valid_to, load_id
MATCH (source)-[e:SUPPLIES]->(target)
WHERE rand() < $share
RETURN
  id(e) AS id,
  id(source) AS source,
  id(target) AS target,
  e.unit_cost AS unit_cost,
  e.pack_units AS pack_units,
  e.min_order_units AS min_order_units,
  e.lead_time_days AS lead_time_days,
  e.lead_time_sd_days AS lead_time_sd_days,
  toString(e.valid_from) AS valid_from,
  toString(e.valid_to) AS valid_to,
  e.load_id AS load_id
