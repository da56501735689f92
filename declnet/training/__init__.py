"""Training: the loop, how steps are made, who looks on, and the run folder."""
