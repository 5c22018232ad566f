"""Rules and the scorecard: conditions, the expressions that join them, and points."""
