// Categories by key, each with its parent.
// params: keys
// returns: category_id, name, parent_id
UNWIND $keys AS wanted
MATCH (c:Category {category_id: wanted})
OPTIONAL MATCH (c)-[:PART_OF]->(parent:Category)
RETURN c.category_id AS category_id, c.name AS name, min(parent.category_id) AS parent_id
