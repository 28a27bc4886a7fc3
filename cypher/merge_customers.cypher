// Writes customers, each wholly, whether the graph has it or not.
// params: rows
// returns: id
UNWIND $rows AS row
MERGE (c:Customer {customer_id: row[0]})
SET c = {
  customer_id: row[0],
  segment: row[1],
  region: row[2],
  joined_on: date(row[3]),
  load_id: row[4]
}
RETURN id(c) AS id
