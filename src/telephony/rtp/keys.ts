import { distance } from './packet.ts';

/** Keys by event number (RFC 4733 section 3.2). */
const keys = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'] as const;

/** An event's newest packet may follow its known end by this much and still belong to it: one packet was lost. */
const slackMs = 25;
/** Keys stamped further back than this are of an old stream, not late ones. */
const lateMs = 5_000;

/** How keys travel: their payload type (RFC 4733), and the clock in Hz that their lengths are told in. */
export interface KeyFormat {
  readonly payloadType: number;
  readonly clockHz: number;
}

interface Event {
  readonly code: number;
  readonly timestamp: number;
  /** Timestamp where it ends, as far as is known. */
  end: number;
  over: boolean;
}

/**
 * Finds the keys in telephone events. A key counts once, at its first packet; so it does not matter whether the packets of its
 * beginning (marker), its end, or any other are lost, doubled or late. A key held for longer than one event can tell comes in
 * several segments, each with a stamp where the last one ended, and some peers stamp every packet anew: still one key.
 */
export class KeyReader {
  readonly #clockHz: number;
  readonly #ticksPerUnit: number;
  #last: Event | undefined;

  /**
   * @param clockHz - Clock of the stream's time stamps.
   * @param lengthClockHz - Clock of the lengths within the packets, where it differs.
   */
  constructor(clockHz: number, lengthClockHz = clockHz) {
    this.#clockHz = clockHz;
    this.#ticksPerUnit = clockHz / lengthClockHz;
  }

  /** The key that this packet begins, or undefined. */
  read(timestamp: number, payload: Uint8Array): string | undefined {
    if (payload.length < 4) return undefined;
    const code = payload[0] ?? 0;
    const over = ((payload[1] ?? 0) & 0x80) !== 0;
    const duration = (((payload[2] ?? 0) << 8) | (payload[3] ?? 0)) * this.#ticksPerUnit;
    const [slack, oldest] = [(slackMs * this.#clockHz) / 1000, (lateMs * this.#clockHz) / 1000];
    const last = this.#last;
    const event: Event = { code, timestamp, end: (timestamp + duration) >>> 0, over };
    if (last) {
      const behind = distance(last.timestamp, timestamp, 32);
      if (behind <= 0 && behind > -oldest) {
        if (behind === 0) {
          if (distance(last.end, event.end, 32) > 0) last.end = event.end;
          last.over ||= over;
        }
        return undefined;
      }
      const gap = distance(last.end, timestamp, 32);
      const continues = code === last.code && !last.over && behind > 0 && gap <= slack;
      this.#last = event;
      if (continues) return undefined;
    }
    this.#last = event;
    return keys[code];
  }
}

/** The payloads of one key press, one per packet: it grows, and its end is told three times. */
export function keyPayloads(key: string, packets: number, samplesPerPacket: number): Uint8Array[] {
  const code = keys.findIndex((name) => name === key.toUpperCase());
  if (code < 0) return [];
  const volume = 10;
  const payload = (duration: number, end: boolean): Uint8Array =>
    Uint8Array.of(code, (end ? 0x80 : 0) | volume, duration >> 8, duration & 0xff);
  const growing = Array.from({ length: packets - 1 }, (_, index) =>
    payload((index + 1) * samplesPerPacket, false),
  );
  const end = payload(packets * samplesPerPacket, true);
  return [...growing, end, end, end];
}
