// Says that the current model's relations carry verdicts, if they have not been published again since.
// params: published
// returns:
MATCH (m:Model {is_current: true})
WHERE m.num_published = $published
SET m.marked = $published
