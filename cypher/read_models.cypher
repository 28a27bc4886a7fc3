// The models that the graph has held relations of, and which of them it holds now.
// params:
// returns: model_version, is_calibrated, num_relations, is_current
MATCH (m:Model)
RETURN
  m.model_version AS model_version,
  m.is_calibrated AS is_calibrated,
  m.num_relations AS num_relations,
  m.is_current AS is_current
ORDER BY model_version
