/** Reads bytes in order, as little-endian numbers and text. Knows no format. */
import { Problem } from "./problem.js";

export class Cursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** The next byte. */
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  get left(): number {
    return this.#bytes.length - this.at;
  }

  /** @throws {Problem} when fewer than `count` bytes are left; nothing is made before that is known. */
  take(count: number): Uint8Array {
    return this.#bytes.subarray(this.#advance(count), this.at);
  }

  byte(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** Eight bytes; above 2^53 rounded, which is beyond every file. */
  uint64(): number {
    return Number(this.#view.getBigUint64(this.#advance(8), true));
  }

  /** Big-endian, as pickles alone have it. */
  float64(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  text(count: number): string {
    const bytes = this.take(count);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new Problem("expected UTF-8 text, found bytes that are not");
    }
  }

  /** Text up to the next line feed, which is passed over. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.at);
    if (end < 0) throw new Problem("expected a line, found none that ends");
    const text = this.text(end - this.at);
    this.at++;
    return text;
  }

  #advance(count: number): number {
    if (!(count >= 0 && count <= this.left))
      throw new Problem(`expected ${count} more bytes, found ${this.left}: is it cut short?`);
    const begin = this.at;
    this.at += count;
    return begin;
  }
}
