/**
 * The pickle machine: a stack, a memo and the opcodes that torch.save writes. It makes plain values only; names are
 * looked up in globals.ts, storages are declared to its caller. Knows no container.
 *
 * Steps and memory are bounded by the pickle's own length: no loop but over opcodes, no recursion, no opcode that makes
 * more than it was given.
 */
import { Cursor } from "../core/cursor.js";
import { Problem, refusing } from "../core/problem.js";
import { findGlobal } from "./globals.js";
import { readLiteral } from "./literals.js";
import { INST, OPCODES, opcodeName } from "./opcodes.js";
import { Dict, Global, kindOf, List, Other, Tuple, type Value } from "./values.js";

/** The longest pickle that is read; that of an 8B model has a thousandth of it. */
export const MAX_PICKLE_BYTES = 2 ** 24;
/** What one pickle may cost. A tensor takes about forty steps, so this is room for 50,000 of them. */
const MAX_STEPS = 2_000_000;
const OLDEST_PROTOCOL = 2;
const NEWEST_PROTOCOL = 5;
const SET = "builtins.set";

export interface PickleContext {
  readonly file: string;
  /** What the byte numbers in messages count in: an entry of the file, or null for the file itself. */
  readonly entry: string | null;
  /** What a persistent id stands for; throws a Problem when it is none of a storage. */
  readonly persistent: (id: Value) => Value;
}

/**
 * Runs one pickle that begins at `begin`.
 *
 * @returns its value, and the place after its last byte.
 * @throws {EngineError} E_FORMAT, naming file and byte: and module and global where it names one that is not on the
 *   list, the opcode where it is none that torch.save writes.
 */
export function unpickle(
  bytes: Uint8Array,
  begin: number,
  context: PickleContext,
): { value: Value; end: number } {
  const cursor = new Cursor(bytes, begin);
  const machine = new Machine(cursor, context.persistent);
  while (!machine.done) {
    const at = cursor.at;
    const place = context.entry === null ? `byte ${at}` : `${context.entry}, byte ${at}`;
    refusing(context.file, place, () => machine.step());
  }
  return { value: refusing(context.file, context.entry, () => machine.result()), end: cursor.at };
}

class Machine {
  readonly #cursor: Cursor;
  readonly #persistent: (id: Value) => Value;
  readonly #stack: Value[] = [];
  /** Lengths of the stack when each open MARK was set. */
  readonly #marks: number[] = [];
  readonly #memo: Value[] = [];
  #steps = 0;
  done = false;

  readonly #actions: ReadonlyMap<number, () => void> = new Map([
    [OPCODES.STOP, () => this.#stop()],
    [OPCODES.MARK, () => this.#mark()],
    [OPCODES.PROTO, () => this.#protocol(this.#cursor.byte())],
    [OPCODES.FRAME, () => this.#frame(this.#cursor.uint64())],
    [OPCODES.EMPTY_LIST, () => this.#push(new List())],
    [OPCODES.EMPTY_DICT, () => this.#push(new Dict())],
    [OPCODES.EMPTY_TUPLE, () => this.#push(new Tuple([]))],
    [OPCODES.TUPLE1, () => this.#push(new Tuple(this.#popSome(1)))],
    [OPCODES.TUPLE2, () => this.#push(new Tuple(this.#popSome(2)))],
    [OPCODES.TUPLE3, () => this.#push(new Tuple(this.#popSome(3)))],
    [OPCODES.TUPLE, () => this.#push(new Tuple(this.#popMarked()))],
    [OPCODES.APPEND, () => this.#append(this.#popSome(1))],
    [OPCODES.APPENDS, () => this.#append(this.#popMarked())],
    [OPCODES.SETITEM, () => this.#set(this.#popSome(2))],
    [OPCODES.SETITEMS, () => this.#set(this.#popMarked())],
    [OPCODES.EMPTY_SET, () => this.#push(new Other(SET))],
    [OPCODES.ADDITEMS, () => this.#add(this.#popMarked())],
    [OPCODES.FROZENSET, () => this.#add(this.#popMarked(), new Other(SET))],
    [OPCODES.BINPUT, () => this.#remember(this.#cursor.byte())],
    [OPCODES.LONG_BINPUT, () => this.#remember(this.#cursor.uint32())],
    [OPCODES.MEMOIZE, () => this.#remember(this.#memo.length)],
    [OPCODES.BINGET, () => this.#recall(this.#cursor.byte())],
    [OPCODES.LONG_BINGET, () => this.#recall(this.#cursor.uint32())],
    [OPCODES.GLOBAL, () => this.#push(findGlobal(this.#cursor.line(), this.#cursor.line()))],
    [OPCODES.STACK_GLOBAL, () => this.#stackGlobal()],
    [OPCODES.BINPERSID, () => this.#push(this.#persistent(this.#pop()))],
    [OPCODES.REDUCE, () => this.#call()],
    [OPCODES.BUILD, () => this.#build()],
  ]);

  constructor(cursor: Cursor, persistent: (id: Value) => Value) {
    this.#cursor = cursor;
    this.#persistent = persistent;
  }

  result(): Value {
    const value = this.#pop();
    if (this.#stack.length > 0) throw new Problem("expected one value at the end, found several");
    return value;
  }

  step(): void {
    this.#spend(1);
    const code = this.#cursor.byte();
    const literal = readLiteral(code, this.#cursor);
    if (literal !== undefined) this.#stack.push(literal);
    else (this.#actions.get(code) ?? (() => this.#refuseOpcode(code)))();
  }

  #spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > MAX_STEPS) throw new Problem(`takes more than ${MAX_STEPS} steps`);
  }

  #push(value: Value): void {
    this.#stack.push(value);
  }

  #pop(): Value {
    const value = this.#stack.length > (this.#marks.at(-1) ?? 0) ? this.#stack.pop() : undefined;
    if (value === undefined) throw new Problem("takes a value where none is");
    return value;
  }

  #popSome(count: number): Value[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  #stop(): void {
    this.done = true;
  }

  #mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** What lies above the last MARK. */
  #popMarked(): Value[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw new Problem("expected a MARK before, found none");
    return this.#stack.splice(mark);
  }

  #append(items: Value[]): void {
    const list = this.#pop();
    if (!(list instanceof List)) throw new Problem(`appends to ${kindOf(list)}, expected a list`);
    for (const item of items) list.items.push(item);
    this.#push(list);
  }

  #set(items: Value[]): void {
    const dict = this.#pop();
    if (!(dict instanceof Dict)) throw new Problem(`sets items of ${kindOf(dict)}, expected a dict`);
    for (let i = 0; i < items.length; i += 2) {
      const [key, value] = items.slice(i, i + 2);
      if (key === undefined || value === undefined) throw new Problem("expected a value for every key");
      dict.entries.push([key, value]);
    }
    this.#push(dict);
  }

  /** What is in a set is not kept: no tensor is looked for there. */
  #add(_items: Value[], set = this.#pop()): void {
    if (!(set instanceof Other && set.name === SET)) throw new Problem(`adds items to ${kindOf(set)}`);
    this.#push(set);
  }

  /** Picklers count their memo up, from 0 or from 1; a number far above would make a table of holes. */
  #remember(index: number): void {
    if (index > this.#memo.length + 1)
      throw new Problem(`remembers a value as number ${index} after ${this.#memo.length}`);
    const value = this.#pop();
    this.#memo[index] = value;
    this.#push(value);
  }

  #recall(index: number): void {
    const value = this.#memo[index];
    if (value === undefined) throw new Problem(`recalls value ${index}, which was never remembered`);
    this.#push(value);
  }

  #stackGlobal(): void {
    const [module, name] = this.#popSome(2);
    if (typeof module !== "string" || typeof name !== "string") {
      const problem = `expected the text of a module and a name, found ${kindOf(module)} and ${kindOf(name)}`;
      throw new Problem(problem);
    }
    this.#push(findGlobal(module, name));
  }

  #call(): void {
    const [callee, args] = this.#popSome(2);
    if (!(callee instanceof Global) || callee.meaning.kind !== "function" || !(args instanceof Tuple))
      throw new Problem(`calls ${kindOf(callee)} with ${kindOf(args)}`);
    this.#push(callee.meaning.call(args.items, (steps) => this.#spend(steps)));
  }

  /** Attributes of an OrderedDict: a state dict carries its layers' versions so. They say nothing of the tensors. */
  #build(): void {
    const [target, state] = this.#popSome(2);
    if (!(target instanceof Dict) || !(state instanceof Dict))
      throw new Problem(`gives ${kindOf(target)} the attributes of ${kindOf(state)}, expected two dicts`);
    this.#push(target);
  }

  #protocol(version: number): void {
    if (version < OLDEST_PROTOCOL || version > NEWEST_PROTOCOL) {
      const problem = `expected pickle protocol ${OLDEST_PROTOCOL} to ${NEWEST_PROTOCOL}, found ${version}`;
      throw new Problem(problem);
    }
  }

  #frame(length: number): void {
    if (length > this.#cursor.left)
      throw new Problem(`a frame claims ${length} bytes, ${this.#cursor.left} are left`);
  }

  #refuseOpcode(code: number): never {
    const named = code === INST ? ` of ${this.#cursor.line()}.${this.#cursor.line()}` : "";
    const problem = `the opcode ${opcodeName(code)}${named} is not among those that a file of tensors needs; nothing of the file is run, so it is refused`;
    throw new Problem(problem);
  }
}
