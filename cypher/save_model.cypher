// Marks the model whose relations the graph holds whole; the last thing that publishing relations writes.
// params: model_version, is_calibrated, num_relations
// returns:
MERGE (m:Model {model_version: $model_version})
SET m.is_calibrated = $is_calibrated, m.num_relations = $num_relations, m.is_current = true,
  m.num_published = coalesce(m.num_published, 0) + 1
WITH m
MATCH (other:Model)
WHERE other <> m
SET other.is_current = false
