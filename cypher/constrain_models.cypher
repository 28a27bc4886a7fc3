// No two models share a version; finding one by it is a look-up.
// params:
// returns:
CREATE CONSTRAINT model_key IF NOT EXISTS
FOR (m:Model) REQUIRE m.model_version IS UNIQUE
