/** What a seek needs to know of a stream. Pure: opens nothing. */
import type { PacketOrder } from "./decord-walk.js";
import { tickOf } from "./packets.js";
import type { ChosenStream } from "./stream-choice.js";

/** Packets in decoding order. */
export interface SeekIndex {
  readonly codec: string;
  readonly isMatroska: boolean;
  /** Seconds. */
  readonly tick: number;
  /** [packets] ticks, no two alike. */
  readonly presentation: Float64Array;
  /** Packets that seeks lead to, rising, the first packet among them. */
  readonly keys: readonly KeyPacket[];
}

export interface KeyPacket {
  readonly packet: number;
  /** In the file, bytes. */
  readonly pos: number;
  readonly size: number;
}

/** Only of streams that begin with a key packet, whose packets are all shown or told apart, and no two at one time. */
export function seekIndex(
  { stream, packets, container }: ChosenStream,
  order: PacketOrder,
): SeekIndex | null {
  const { presentation, isHidden, isKey } = order;
  if (!isKey[0] || isHidden.includes(true)) return null;
  if (new Set(presentation).size < presentation.length) return null;
  const keys = packets.flatMap(({ pos, size }, packet) =>
    isKey[packet] && pos !== undefined && size !== undefined ? [{ packet, pos, size }] : [],
  );
  if (keys[0]?.packet !== 0) return null;
  const isMatroska = container.includes("matroska");
  return { codec: stream.codec_name, isMatroska, tick: tickOf(stream), presentation, keys };
}
