// Everything above each category, the top first.
// params: keys
// returns: key, category_id, name, parent_id
UNWIND $keys AS wanted
MATCH path = (:Category {category_id: wanted})-[:PART_OF*1..20]->(c:Category)
OPTIONAL MATCH (c)-[:PART_OF]->(parent:Category)
WITH wanted, c, max(length(path)) AS height, min(parent.category_id) AS parent_id
RETURN wanted AS key, c.category_id AS category_id, c.name AS name, parent_id
ORDER BY key, height DESC
