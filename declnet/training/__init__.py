"""Training: the graphs, the session that runs them, the loop, and the run folder."""
