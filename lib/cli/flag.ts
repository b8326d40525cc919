/** A flag, and how every command's help tells of one. Knows no command. */
import { Option } from "commander";
import { flagOf } from "../core/flag-name.js";

/** What the help says of a flag. */
export interface FlagWords {
  /** Must it be given? */
  readonly needed?: boolean | undefined;
  readonly choices?: readonly string[] | undefined;
  /** What holds where it is not given. */
  readonly usual?: string | undefined;
  /** Where that is from. */
  readonly source?: string | undefined;
}

/** `what it does (required; one of: a, b; default: a) [source]`. */
export function describeFlag(does: string, { needed, choices, usual, source }: FlagWords): string {
  const notes = [
    ...(needed ? ["required"] : []),
    ...(choices === undefined ? [] : [`one of: ${choices.join(", ")}`]),
    ...(usual === undefined ? [] : [`default: ${usual}`]),
  ];
  const noted = notes.length === 0 ? does : `${does} (${notes.join("; ")})`;
  return source === undefined ? noted : `${noted} [${source}]`;
}

export interface FlagPlan extends FlagWords {
  readonly read?: ((text: string) => unknown) | undefined;
}

/** A flag of a command's own. A default that is only told is filled in by who reads the value. */
export function flag(flags: string, does: string, plan: FlagPlan = {}): Option {
  const option = new Option(flags, describeFlag(does, plan)).makeOptionMandatory(plan.needed ?? false);
  if (plan.choices !== undefined) option.choices(plan.choices);
  if (plan.read !== undefined) option.argParser(plan.read);
  return option;
}

/** The flag of a key whose spelling its words do not give back. */
export class KeyFlag extends Option {
  readonly #key: string;

  /**
   * @param value   what stands for the value in the help; null for a flag without one.
   * @param prefix  "no-" for the flag that turns the key off.
   */
  constructor(key: string, value: string | null, description: string, prefix: "" | "no-" = "") {
    const long = flagOf(key).replace("--", `--${prefix}`);
    super(value === null ? long : `${long} <${value}>`, description);
    this.#key = key;
  }

  override attributeName(): string {
    return this.#key;
  }
}
