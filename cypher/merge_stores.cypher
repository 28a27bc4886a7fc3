// Writes stores, each wholly, whether the graph has it or not.
// params: rows
// returns: id
UNWIND $rows AS row
MERGE (s:Store {store_id: row[0]})
SET s = {
  store_id: row[0],
  name: row[1],
  city: row[2],
  region: row[3],
  country: row[4],
  format: row[5],
  area_m2: row[6],
  opened_on: date(row[7]),
  closed_on: date(row[8]),
  load_id: row[9]
}
RETURN id(s) AS id
