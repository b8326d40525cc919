/** Whether a decoder that begins at a packet gives the same pictures as one that comes from further back. Pure: bytes only. */

export const TOLD = {
  /** Longest head of a block in Matroska that is understood: track, time, flags. */
  block: 4,
  /** As much of a packet as is looked at. */
  bytes: 2 ** 16,
} as const;

/** First and last type of the coded slices that a picture of random access has, and of all coded slices. */
const H264 = { access: [5, 5], slices: [1, 5], type: (byte: number) => byte & 31 } as const;
const HEVC = { access: [16, 21], slices: [0, 31], type: (byte: number) => (byte >> 1) & 63 } as const;

/**
 * @param bytes  the packet as it lies in the file: in Matroska with the head of its block.
 * @param size   of the packet, bytes.
 * @returns      true only where it is known: an IDR picture of H.264, any IRAP picture of HEVC, a key frame of VP8 or VP9.
 */
export function isRandomAccess(
  bytes: Uint8Array,
  size: number,
  { codec, isMatroska }: { readonly codec: string; readonly isMatroska: boolean },
): boolean {
  const packet = isMatroska ? blockContent(bytes) : bytes;
  const [first = 0] = packet ?? [];
  if (packet === null || packet.length === 0) return false;
  if (codec === "h264") return isCleanPicture(packet, size, H264);
  if (codec === "hevc") return isCleanPicture(packet, size, HEVC);
  if (codec === "vp8")
    return (first & 1) === 0 && packet[3] === 0x9d && packet[4] === 0x01 && packet[5] === 0x2a;
  // Marker 2, profile 0 to 2, no repeated frame, type key; then the sync code.
  if (codec === "vp9")
    return (first & 0xcc) === 0x80 && packet[1] === 0x49 && packet[2] === 0x83 && packet[3] === 0x42;
  return false;
}

/** Behind a head of one byte for the track, two for the time, one of flags that tell of no lacing. */
function blockContent(bytes: Uint8Array): Uint8Array | null {
  const [track = 0, , , flags = 0xff] = bytes;
  return track >= 0x80 && (flags & 0x06) === 0 ? bytes.subarray(TOLD.block) : null;
}

/** NAL units with four bytes of length each, as far as they are there: the first coded slice tells. */
function isCleanPicture(packet: Uint8Array, size: number, codec: typeof H264 | typeof HEVC): boolean {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  for (let at = 0; at + 5 <= packet.length; ) {
    const length = view.getUint32(at);
    if (length < 2 || at + 4 + length > size) return false;
    const type = codec.type(packet[at + 4] ?? 0);
    if (type >= codec.slices[0] && type <= codec.slices[1])
      return type >= codec.access[0] && type <= codec.access[1];
    at += 4 + length;
  }
  return false;
}
