"""The message sets: how many, how balanced, and what stands in them twice."""
