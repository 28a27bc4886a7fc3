// Writes brands, each wholly, whether the graph has it or not.
// params: rows
// returns: id
UNWIND $rows AS row
MERGE (b:Brand {name: row[0]})
SET b = {
  name: row[0],
  load_id: row[1]
}
RETURN id(b) AS id
