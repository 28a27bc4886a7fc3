// Adds SENT_TO relationships between nodes known by their ids.
// params: rows
// returns:
UNWIND $rows AS row
MATCH (source) WHERE id(source) = row[0]
MATCH (target) WHERE id(target) = row[1]
CREATE (source)-[:SENT_TO {
  sent_on: date(row[2]),
  load_id: row[3]
}]->(target)
