"""Contenders: each module has a class ``Contender(problem, threads)`` with ``version``, ``step(index)``, ``loss()``.

``step`` gathers the rows *index* of the data, which lie in memory, and trains on them; ``loss`` waits for the last step
and returns its loss.
"""
