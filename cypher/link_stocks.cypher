// Adds STOCKS relationships between nodes known by their ids.
// params: rows
// returns:
UNWIND $rows AS row
MATCH (source) WHERE id(source) = row[0]
MATCH (target) WHERE id(target) = row[1]
CREATE (source)-[:STOCKS {
  on_hand_units: row[2],
  counted_at: datetime(row[3]),
  valid_from: date(row[4]),
  valid_to: date(row[5]),
  load_id: row[6]
}]->(target)
