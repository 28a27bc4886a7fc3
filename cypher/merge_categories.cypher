// Writes categories, each wholly, whether the graph has it or not.
// params: rows
// returns: id
UNWIND $rows AS row
MERGE (c:Category {category_id: row[0]})
SET c = {
  category_id: row[0],
  name: row[1],
  load_id: row[2]
}
RETURN id(c) AS id
