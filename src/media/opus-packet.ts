/** The longest packet, and the shortest frame, of which every duration is a multiple (RFC 6716 section 2.1.4). */
export const maxPacketMs = 120;
export const shortestFrameMs = 2.5;

const silkFrameMs = [10, 20, 40, 60] as const;
const hybridFrameMs = [10, 20] as const;
const celtFrameMs = [2.5, 5, 10, 20] as const;
/** Configurations from here on are hybrid, and of CELT alone. */
const firstHybrid = 12;
const firstCelt = 16;
/** A frame's length takes two bytes from here on (RFC 6716 section 3.2.1). */
const firstLongLength = 252;

/** Duration of each frame by the configuration in the first byte, the table of contents (RFC 6716 section 3.1, table 2). */
function frameMs(contents: number): number {
  const configuration = contents >> 3;
  if (configuration < firstHybrid) return silkFrameMs[configuration & 3] ?? 0;
  if (configuration < firstCelt) return hybridFrameMs[configuration & 1] ?? 0;
  return celtFrameMs[configuration & 3] ?? 0;
}

/** How much time a packet holds by its first two bytes, in milliseconds; 0 when no packet can begin like that. */
export function opusPacketMs(packet: Uint8Array): number {
  const [contents, count] = packet;
  if (contents === undefined) return 0;
  const code = contents & 3;
  const frames = code === 3 ? (count ?? 0) & 0x3f : code === 0 ? 1 : 2;
  const durationMs = frames * frameMs(contents);
  return durationMs <= maxPacketMs ? durationMs : 0;
}

/**
 * One packet of several that an encoder made one after the other, each with one frame: all of the same configuration, as RFC 6716 section 3.2.5
 * wants it (code 3, lengths told one by one).
 */
export function joinOpusFrames(packets: readonly Uint8Array[]): Uint8Array {
  const [first] = packets;
  if (!first || packets.length === 1) return first ?? new Uint8Array(0);
  const lengths = packets.slice(0, -1).flatMap(({ length }) => frameLength(length - 1));
  const header = [(first[0] ?? 0) | 3, 0x80 | packets.length, ...lengths];
  return Uint8Array.from([...header, ...packets.flatMap((packet) => [...packet.subarray(1)])]);
}

function frameLength(bytes: number): number[] {
  if (bytes < firstLongLength) return [bytes];
  const low = firstLongLength + (bytes & 3);
  return [low, (bytes - low) >> 2];
}
