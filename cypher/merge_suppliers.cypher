// Writes suppliers, each wholly, whether the graph has it or not.
// params: rows
// returns: id
UNWIND $rows AS row
MERGE (s:Supplier {supplier_id: row[0]})
SET s = {
  supplier_id: row[0],
  name: row[1],
  country: row[2],
  lead_time_days: row[3],
  lead_time_sd_days: row[4],
  load_id: row[5]
}
RETURN id(s) AS id
