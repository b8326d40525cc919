/** Every policy loss against TRL's own function, on the stand-in device. */
import { describe, test } from "node:test";
import { assertTrlLoss, RECORDED_LOSSES } from "../../helpers/trl-losses.js";
import { clean } from "./pairs.js";
import { missing } from "./stand-in.js";

describe("policy losses on the stand-in device", { skip: missing ?? false }, () => {
  for (const recorded of RECORDED_LOSSES)
    test(recorded.name, () => clean(() => assertTrlLoss(recorded, "cuda")));
});
