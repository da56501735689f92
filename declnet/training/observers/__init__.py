"""The observers of every training: which epoch is the best, checkpoints, and the log of the metrics, and run.json."""

from declnet.training.observers.checkpoints import Checkpoints
from declnet.training.observers.early_stopping import EarlyStopping
from declnet.training.observers.metrics_log import MetricsLog
from declnet.training.observers.run_record import RunRecord

__all__ = ["Checkpoints", "EarlyStopping", "MetricsLog", "RunRecord"]
