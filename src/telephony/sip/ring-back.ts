import type { CreateTranscoder } from '../../core/audio.ts';
import type { Clock } from '../../core/clock.ts';
import { encodePackets, packetMs, type SipCodec } from './codecs.ts';
import type { MediaSink } from './media.ts';
import { fromRelay, Relay } from './relay.ts';
import type { Side } from './side.ts';

/** One period of the tone that says: it rings there. */
export interface RingTone {
  readonly samples: Int16Array;
  readonly sampleRateHz: 8000 | 16_000;
}

/**
 * What a caller hears while a number is called for them: the ringing tone, as soon as it rings there, or whatever the far exchange plays
 * instead. Without any of it people take the line for dead.
 */
export class RingBack implements MediaSink {
  readonly #caller: Side;
  readonly #clock: Clock;
  readonly #tone: readonly Uint8Array[];
  readonly #relay: Relay;
  #playsTone = false;
  #hears = false;
  #over = false;
  #cancelTimer: () => void = () => undefined;

  constructor(
    caller: Side,
    parts: {
      readonly tone: RingTone | undefined;
      readonly createTranscoder: CreateTranscoder;
      readonly clock: Clock;
    },
  ) {
    const { tone, createTranscoder, clock } = parts;
    const { codec } = caller.media;
    this.#caller = caller;
    this.#clock = clock;
    this.#tone = tone && codec ? packetsOf(tone, codec, createTranscoder) : [];
    this.#relay = new Relay(caller.media, fromRelay(codec, createTranscoder));
  }

  /** The status of a ringing. */
  progressed(status: number): void {
    if (status !== 180 || this.#playsTone || this.#hears || this.#tone.length === 0) return;
    this.#playsTone = true;
    this.#playPeriod();
  }

  packet(payload: Uint8Array): void {
    if (this.#over || payload.length === 0) return;
    this.#hears = true;
    this.#endTone();
    this.#relay.take(payload);
  }

  digit(): void {
    // Nobody has answered yet who could press a key.
  }

  markPlayed(): void {
    // No mark is sent while it rings.
  }

  heard(): void {
    // How long it may ring is limited elsewhere.
  }

  /** It rings no more: from now on there is only what comes from there. */
  answered(): void {
    this.#hears = true;
    this.#endTone();
  }

  /** Nothing is passed on any more. Idempotent. */
  end(): void {
    this.#over = true;
    this.answered();
    this.#relay.close();
  }

  #playPeriod(): void {
    for (const packet of this.#tone) this.#caller.media.send(packet);
    this.#cancelTimer = this.#clock.setTimer(() => this.#playPeriod(), this.#tone.length * packetMs);
  }

  #endTone(): void {
    if (!this.#playsTone) return;
    this.#playsTone = false;
    this.#cancelTimer();
    this.#caller.media.clear();
  }
}

/** A tone is the same for every caller, and five seconds of Opus take 50 ms to make. */
const encoded = new WeakMap<RingTone, Map<SipCodec, readonly Uint8Array[]>>();

function packetsOf(
  tone: RingTone,
  codec: SipCodec,
  createTranscoder: CreateTranscoder,
): readonly Uint8Array[] {
  const byCodec = encoded.get(tone) ?? new Map<SipCodec, readonly Uint8Array[]>();
  encoded.set(tone, byCodec);
  const packets =
    byCodec.get(codec) ?? encodePackets(tone.samples, tone.sampleRateHz, codec, createTranscoder);
  byCodec.set(codec, packets);
  return packets;
}
