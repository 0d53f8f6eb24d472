"""One thin function for each route."""
