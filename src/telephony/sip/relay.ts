import type { CreateTranscoder, Transcoder } from '../../core/audio.ts';
import { factsOf, packetMs, type SipCodec } from './codecs.ts';
import type { SipMedia } from './media.ts';

/** G.711 and G.722 have so many bytes in a millisecond (RFC 3551 section 4.5), and can be cut anywhere between two. */
const bytesPerMs = 8;
const packetBytes = bytesPerMs * packetMs;
/** How often it is looked at whether sound waits for longer than it needs to: 5 s. */
const lookEveryPackets = 250;
/** Of sound that need not have waited one packet in so many is left out: hardly anybody hears that. */
const leaveOutEveryPackets = 10;
/** Half a second. Sound that has waited for longer is from before a break, and makes people interrupt each other. */
const mostWaitingPackets = 25;

/** The codec in which sound is handed from one far side to the other, by that of the side which was there first. */
export function relayCodec(codec: SipCodec | undefined): SipCodec {
  // Packets of Opus cannot be cut.
  return codec === undefined || codec === 'opus' ? 'G722' : codec;
}

/**
 * Passes the sound of one far side on to another, in packets of 20 ms whatever size they had. What waits to be sent is the jitter buffer:
 * it grows with the unevenness of the line, and shrinks again when it never runs low, be it for a quieter line or for clocks that differ.
 */
export class Relay {
  readonly #to: Pick<SipMedia, 'send' | 'waiting'>;
  readonly #convert: Transcoder | undefined;
  #rest = new Uint8Array(0);
  #packets = 0;
  #lowest = Number.POSITIVE_INFINITY;
  #surplus = 0;

  /** @param convert - Into the codec of `relayCodec`, from another one. Closed with the relay. */
  constructor(to: Pick<SipMedia, 'send' | 'waiting'>, convert?: Transcoder) {
    this.#to = to;
    this.#convert = convert;
  }

  /** Takes a packet of sound of any duration; none is a packet of a side that holds the call. */
  take(payload: Uint8Array): void {
    if (payload.length === 0) return;
    const bytes = this.#convert?.(payload) ?? payload;
    if (this.#rest.length === 0 && bytes.length === packetBytes) {
      this.#send(bytes);
      return;
    }
    const all = Buffer.concat([this.#rest, bytes]);
    const whole = all.length - (all.length % packetBytes);
    for (let at = 0; at < whole; at += packetBytes) this.#send(all.subarray(at, at + packetBytes));
    this.#rest = Uint8Array.from(all.subarray(whole));
  }

  /** Idempotent. */
  close(): void {
    this.#convert?.close();
  }

  #send(packet: Uint8Array): void {
    const { waiting } = this.#to;
    this.#packets += 1;
    this.#lowest = Math.min(this.#lowest, waiting);
    if (this.#packets % lookEveryPackets === 0) {
      // One packet may wait: the two clocks tick at different times.
      this.#surplus = Math.max(0, this.#lowest - 1);
      this.#lowest = Number.POSITIVE_INFINITY;
    }
    if (waiting >= mostWaitingPackets) return;
    if (this.#surplus > 0 && this.#packets % leaveOutEveryPackets === 0) {
      this.#surplus -= 1;
      return;
    }
    this.#to.send(packet);
  }
}

/** From the codec of the side that was there first to that of the relay; undefined where both are the same. */
export function toRelay(
  codec: SipCodec | undefined,
  createTranscoder: CreateTranscoder,
): Transcoder | undefined {
  return transcoderBetween(codec, relayCodec(codec), createTranscoder);
}

/** The way back. */
export function fromRelay(
  codec: SipCodec | undefined,
  createTranscoder: CreateTranscoder,
): Transcoder | undefined {
  return transcoderBetween(relayCodec(codec), codec, createTranscoder);
}

function transcoderBetween(
  from: SipCodec | undefined,
  to: SipCodec | undefined,
  createTranscoder: CreateTranscoder,
): Transcoder | undefined {
  if (from === undefined || to === undefined || from === to) return undefined;
  return createTranscoder(factsOf(from).format, factsOf(to).format);
}
