"""Reads a run's event files as TensorBoard does, and says what it shows: {tag: [[step, value], …]}."""

import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

curves = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
curves.Reload()
shown = {tag: [[one.step, one.value] for one in curves.Scalars(tag)] for tag in curves.Tags()["scalars"]}
print(json.dumps(shown))
