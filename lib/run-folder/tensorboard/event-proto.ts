/**
 * The messages of an event file that curves need, in protocol buffers' wire format. Pure.
 *
 * @source tensorflow/core/util/event.proto (Event, SessionLog), tensorflow/core/framework/summary.proto (Summary)
 */

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** The version that readers of today look for. */
const FILE_VERSION = "brain.Event:2";
const SESSION_START = 1;

/** What the first event of a file says. @param seconds  since 1970. */
export function versionEvent(seconds: number): Uint8Array {
  return event(seconds, 0, [field(3, BYTES, counted(utf8(FILE_VERSION)))]);
}

/** What earlier files say of this step and later ones is void. */
export function sessionStart(seconds: number, step: number): Uint8Array {
  return event(seconds, step, [field(7, BYTES, counted(field(1, VARINT, varint(SESSION_START))))]);
}

/** @param scalars  by tag; stored as float32, so that 1e40 is infinite. */
export function scalarEvent(
  seconds: number,
  step: number,
  scalars: Iterable<readonly [tag: string, value: number]>,
): Uint8Array {
  const values = Array.from(scalars, ([tag, value]) =>
    field(
      1,
      BYTES,
      counted(joined([field(1, BYTES, counted(utf8(tag))), field(2, FIXED32, float32(value))])),
    ),
  );
  return event(seconds, step, [field(5, BYTES, counted(joined(values)))]);
}

function event(seconds: number, step: number, what: readonly Uint8Array[]): Uint8Array {
  const time = new Uint8Array(8);
  new DataView(time.buffer).setFloat64(0, seconds, true);
  // A zero is not written, as in every proto3 writer.
  const place = step === 0 ? [] : [field(2, VARINT, varint(step))];
  return joined([field(1, FIXED64, time), ...place, ...what]);
}

function field(number: number, wireType: number, value: Uint8Array): Uint8Array {
  return joined([varint(number * 8 + wireType), value]);
}

function counted(bytes: Uint8Array): Uint8Array {
  return joined([varint(bytes.length), bytes]);
}

/** @param value  a whole number ≥ 0. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Uint8Array.of(...bytes, rest);
}

function float32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return bytes;
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
