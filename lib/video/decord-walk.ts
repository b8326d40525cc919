/**
 * Which frames decord 0.6.0 hands out for the numbers that it is asked for. Pure: knows packets, not files.
 *
 * decord counts packets. It reaches number n by counting decoded frames from where it stands or, in another group of
 * pictures, from the group's key frame, to which it seeks. That is the n-th frame in presentation order but for two
 * cases, which are followed here because the models were trained with them: an edit list hides packets, so that fewer
 * frames come than were counted; and open groups of pictures, where the number of a key frame in decoding order, which
 * decord takes for its place, is not its place in presentation order.
 */

/** Packets of one stream in decoding order, times in ticks of the stream. */
export interface PacketOrder {
  /** [packets]: presentation time. */
  readonly presentation: Float64Array;
  /** [packets]: what a seek in this container compares with a presentation time; NaN for packets outside its index. */
  readonly index: Float64Array;
  readonly isKey: readonly boolean[];
  /** Hidden by an edit list: decoded, never shown. */
  readonly isHidden: readonly boolean[];
  /** Packets that give a picture when all are decoded, in the order of showing. */
  readonly shown: Int32Array;
}

/**
 * @param packets  null where frames are simply numbered in presentation order.
 * @param numbers  as decord's get_batch takes them, each in [0, packets).
 * @returns        for each number, which of the shown frames comes, counted in presentation order.
 */
export function decordFrames(packets: PacketOrder | null, numbers: ArrayLike<number>): Int32Array {
  if (packets === null) return Int32Array.from(numbers);
  const walk = new Walk(packets);
  const given = new Map<number, number>();
  return Int32Array.from(numbers, (number) => {
    const frame = given.get(number) ?? walk.take(number);
    given.set(number, frame);
    return frame;
  });
}

class Walk {
  readonly #packets: PacketOrder;
  /** Presentation times, rising; hidden packets included. */
  readonly #times: Float64Array;
  /** Numbers of the key packets in decoding order. */
  readonly #keys: readonly number[];
  readonly #shown: Int32Array;
  /** What the decoder still gives from #at on, as places in #shown. */
  #coming: readonly number[];
  #at = 0;
  /** The number that decord believes comes next. */
  #next = 0;
  #last: number | null = null;

  constructor(packets: PacketOrder) {
    this.#packets = packets;
    const { presentation, isKey, shown } = packets;
    this.#times = presentation.slice().sort();
    this.#keys = [...isKey.keys()].filter((packet) => isKey[packet]);
    this.#shown = shown;
    this.#coming = [...this.#shown.keys()];
  }

  take(number: number): number {
    if (number !== this.#next) this.#goTo(number);
    // Past the end it repeats what it gave last; with nothing to repeat it tries 1, then 2, then 3 … numbers earlier.
    for (let back = 1; this.#comes === undefined && this.#last === null && back <= this.#next; back++)
      this.#goTo(this.#next - back);
    this.#last = this.#comes ?? this.#last ?? this.#shown.length - 1;
    this.#at++;
    this.#next++;
    return this.#last;
  }

  get #comes(): number | undefined {
    return this.#coming[this.#at];
  }

  #goTo(number: number): void {
    const key = this.#keyBefore(number);
    if (key !== this.#keyBefore(this.#next) || number < this.#next) this.#seek(key, number);
    this.#at += number - this.#next;
    this.#next = number;
  }

  /** A seek to the key packet, then a look at the first frame to learn where it led. */
  #seek(key: number, number: number): void {
    if (this.#next !== 0) this.#startAt(0);
    const time = this.#times[key] ?? 0;
    if (key !== 0) this.#startAt(this.#landing(time, false));
    this.#next = key;
    const found = this.#placeOf(this.#coming[0]);
    if (found === key) return;
    if (found + 1 < number) {
      this.#next = found;
    } else if (found + 1 === key) {
      this.#at = 1;
    } else {
      this.#startAt(this.#landing(time, true));
    }
  }

  #startAt(packet: number): void {
    const { presentation } = this.#packets;
    const from = presentation[packet] ?? 0;
    // Frames that lead an open group need frames before the key frame, so the decoder drops them.
    const comes = (other: number) => packet === 0 || (other >= packet && (presentation[other] ?? 0) >= from);
    this.#coming = [...this.#shown.keys()].filter((frame) => comes(this.#shown[frame] ?? 0));
    this.#at = 0;
    this.#last = null;
  }

  /** The key packet that libavformat's seek goes to: from the nearest shown packet of its index on, or back. */
  #landing(time: number, backward: boolean): number {
    const { index, isHidden } = this.#packets;
    const after = index.findIndex((entry, packet) => entry >= time && !isHidden[packet]);
    const next = after < 0 ? undefined : this.#keys.find((key) => key >= after);
    if (!backward && next !== undefined) return next;
    const before = index.findLastIndex((entry, packet) => entry <= time && !isHidden[packet]);
    return this.#keys.findLast((key) => key <= before) ?? 0;
  }

  /** The number of a shown frame, hidden ones counted; the number of packets where there is no frame. */
  #placeOf(frame: number | undefined): number {
    if (frame === undefined) return this.#times.length;
    return this.#times.indexOf(this.#packets.presentation[this.#shown[frame] ?? 0] ?? 0);
  }

  #keyBefore(number: number): number {
    const [first = 0] = this.#keys;
    return number <= first ? 0 : (this.#keys.findLast((key) => key <= number) ?? 0);
  }
}
