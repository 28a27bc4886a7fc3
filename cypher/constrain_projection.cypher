// There is one marker of what the graph stands at.
// params:
// returns:
CREATE CONSTRAINT projection_key IF NOT EXISTS
FOR (p:Projection) REQUIRE p.name IS UNIQUE
