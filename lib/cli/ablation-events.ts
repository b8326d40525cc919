/** What an ablation tells, as lines for a person. */
import type { AblationEvent } from "../ablation/event.js";
import { TABLE_4 } from "../ablation/table.js";
import type { Screen } from "../core/screen.js";
import { eventLines } from "./event-lines.js";

/** Says on the screen what every event is about; a learning's own lines renew each other. */
export function ablationEvents(screen: Screen): (event: AblationEvent) => void {
  let what = "";
  let lineOf = eventLines();
  const begin = (now: string) => {
    if (now === what) return;
    what = now;
    lineOf = eventLines();
    screen.say(now);
  };
  return (event) => {
    switch (event.type) {
      case "begin":
        if (event.done > 0) screen.say(`${event.done} of ${event.count} learnings are there already`);
        return;
      case "rendering":
        return screen.counter("rendering clips")(event.done, event.count);
      case "answering":
        return screen.counter("answers of the model itself")(event.done, event.count);
      case "measuring":
        return screen.counter("  scored")(event.done, event.count);
      case "measured":
        return screen.say(`  ${event.done} of ${event.count} learnings are measured`);
      case "starting":
      case "learning": {
        const who = event.type === "starting" ? `start ${event.start}` : TABLE_4[event.row].title;
        begin(`${who}, seed ${event.seed}`);
        const told = event.event;
        const line = lineOf(told);
        if (line === null) return;
        if (told.type === "step") screen.renew(`  ${line}`, told.step === told.steps);
        else if (told.type !== "start" && told.type !== "checkpoint") screen.say(`  ${line}`);
      }
    }
  };
}
