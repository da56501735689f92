"""An observer: it writes down what it sees, and ends the training when it has seen enough."""

import json

from declnet import Observer, observer


@observer(
    {
        "required": ["steps"],
        "properties": {"steps": {"type": "integer", "minimum": 1, "description": "Steps after which it has enough."}},
    }
)
def journal(folder, *, steps):
    """Write journal.json into the run folder, and stop after so many steps."""
    return Journal(folder, steps)


class Journal(Observer):
    def __init__(self, folder, steps):
        self._folder, self._steps, self._seen = folder, steps, []

    def stepped(self, trainer):
        self._seen.append(trainer.stepper.losses()["loss"])
        if len(self._seen) >= self._steps:
            trainer.stop("enough")

    def ended(self, trainer, reason):
        content = {"losses": self._seen, "reason": reason, "target": trainer.program.target.name}
        (self._folder / "journal.json").write_text(json.dumps(content))

    def state(self):
        return {"seen": self._seen}

    def restore(self, state):
        self._seen = list(state["seen"])
