/** Whether a file is an MPEG transport stream, by its first bytes: its endings are also those of TypeScript's sources. */
import { readRange, withFile } from "../core/byte-source.js";

const SYNC = 0x47;
/** Plain, with a time stamp before it (m2ts), and with error correction behind it. Source: ISO/IEC 13818-1; ETSI TR 101 290. */
const PACKET_BYTES = [188, 192, 204];
/** So many packets in a row begin with the sync byte, which is the letter G in a text. */
const PACKETS = 4;

/** Also true for a recording that begins inside a packet. */
export function beginsLikeTransportStream(bytes: Uint8Array): boolean {
  const packetsFollow = (first: number, size: number): boolean => {
    for (let packet = 0; packet < PACKETS; packet++) if (bytes[first + packet * size] !== SYNC) return false;
    return true;
  };
  const notText = bytes.some((byte) => byte < 0x09 || byte > 0xf4);
  return (
    notText &&
    PACKET_BYTES.some((size) => bytes.subarray(0, size).some((_, first) => packetsFollow(first, size)))
  );
}

/** As above, of a file; true for one that cannot be read, so that whoever opens it tells why. */
export async function isTransportStream(file: string): Promise<boolean> {
  const most = Math.max(...PACKET_BYTES) * (PACKETS + 1);
  return withFile(file, (source) => readRange(source, 0, Math.min(most, source.size))).then(
    beginsLikeTransportStream,
    () => true,
  );
}
