"""Records test/goldens/tensorboard/events.json: records of an event file as TensorBoard's own classes write them.

    python test/goldens/recipes/event_file.py        needs: tensorboard; seconds
"""

import io
import json
from pathlib import Path

import tensorboard
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

OUT = Path(__file__).parent.parent / "tensorboard" / "events.json"


def written(event):
    """The event's record, as hexadecimal digits."""
    file = io.BytesIO()
    RecordWriter(file).write(event.SerializeToString())
    return file.getvalue().hex()


def scalars(seconds, step, values):
    summary = Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in values])
    return {"seconds": seconds, "step": step, "scalars": values, "record": written(Event(wall_time=seconds, step=step, summary=summary))}


def main():
    OUT.parent.mkdir(exist_ok=True)
    time = 1700000000.25
    start = SessionLog(status=SessionLog.START)
    facts = {
        "recipe": "recipes/event_file.py",
        "version": {"seconds": time, "record": written(Event(wall_time=time, file_version="brain.Event:2"))},
        "session": [
            {"seconds": time, "step": step, "record": written(Event(wall_time=time, step=step, session_log=start))}
            for step in (1, 4, 300, 2**40)
        ],
        "steps": [
            scalars(time, 1, [["train/loss", 0.25]]),
            scalars(time + 1e-3, 128, [["train/loss", -1.5e-7], ["train/rewards/ünïcode/mean", 3.0]]),
            scalars(time, 2**31, [["train/" + "long" * 40, 1e30]]),
            scalars(time, 3, []),
        ],
        "tensorboard": tensorboard.__version__,
    }
    OUT.write_text(json.dumps(facts, indent=1) + "\n")


main()
