// Adds SUPPLIES relationships between nodes known by their ids.
// params: rows
// returns:
UNWIND $rows AS row
MATCH (source) WHERE id(source) = row[0]
MATCH (target) WHERE id(target) = row[1]
CREATE (source)-[:SUPPLIES {
  unit_cost: row[2],
  pack_units: row[3],
  min_order_units: row[4],
  lead_time_days: row[5],
  lead_time_sd_days: row[6],
  valid_from: date(row[7]),
  valid_to: date(row[8]),
  load_id: row[9]
}]->(target)
