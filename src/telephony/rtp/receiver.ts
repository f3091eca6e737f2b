import type { Clock } from '../../core/clock.ts';
import { KeyReader, type KeyFormat } from './keys.ts';
import { distance, type RtpPacket } from './packet.ts';
import { ReceptionStatistics, type ReceptionReport } from './statistics.ts';

/** How sound comes in, as agreed. */
export interface ReceiverWire {
  readonly payloadType: number;
  /** Ticks of the time stamps in a second. */
  readonly clockHz: number;
  readonly keys: KeyFormat | undefined;
  /** False: whatever comes is not for us, since the far side holds the call. */
  readonly receiving: boolean;
}

export interface RtpReceiverOptions {
  readonly clock: Clock;
  /**
   * Gets every packet that carries sound, and for those that have a number among them and no sound (keys, comfort noise) an empty
   * payload. `mediaMs` is undefined where it is not known.
   */
  readonly onPacket: (payload: Uint8Array, sequence: number, mediaMs: number | undefined) => void;
  readonly onKey: (key: string) => void;
}

/** What came so far, over all sources of the call. */
export interface ReceptionTotals {
  readonly received: number;
  readonly lost: number;
  /** Interarrival jitter of the last source (RFC 3550 section 6.4.1). */
  readonly jitterMs: number;
}

/** Comfort noise of G.711 and G.722 (RFC 3389 section 4). */
const comfortNoise = 13;
/** Stamps that jump by more than this are a new reckoning. */
const maxStampJumpMs = 10_000;
const noSound = new Uint8Array(0);

/** The far side's direction of one stream: gives its packets numbers and media times that go on whatever the far side does. */
export class RtpReceiver {
  readonly #options: RtpReceiverOptions;
  #wire: ReceiverWire | undefined;
  #keys: KeyReader | undefined;
  #statistics: ReceptionStatistics | undefined;
  #before = { received: 0, lost: 0 };
  #numberOffset = 0;
  #lastNumber = 0;
  #lastStamp: number | undefined;
  #mediaMs = 0;

  constructor(options: RtpReceiverOptions) {
    this.#options = options;
  }

  /** Begins to take packets, or changes how. */
  agree(wire: ReceiverWire): void {
    const before = this.#wire;
    this.#wire = wire;
    if (before?.clockHz !== wire.clockHz || before.keys?.clockHz !== wire.keys?.clockHz)
      this.#keys = new KeyReader(wire.clockHz, wire.keys?.clockHz);
    if (before && before.clockHz !== wire.clockHz) this.#endSource();
  }

  /** True for the payload types that were agreed on. */
  knows(payloadType: number): boolean {
    const wire = this.#wire;
    return (
      wire !== undefined && [wire.payloadType, wire.keys?.payloadType, comfortNoise].includes(payloadType)
    );
  }

  take(packet: RtpPacket): void {
    const wire = this.#wire;
    if (!wire) return;
    if (this.#statistics?.ssrc !== packet.ssrc) {
      // Another source goes on where the last one stopped.
      this.#endSource();
      this.#statistics = new ReceptionStatistics(packet, wire.clockHz);
      this.#numberOffset = this.#lastNumber + 1 - packet.sequence;
    }
    const number = this.#statistics.add(packet, this.#options.clock.nowMs()) + this.#numberOffset;
    this.#lastNumber = Math.max(this.#lastNumber, number);
    if (packet.payloadType === wire.keys?.payloadType) {
      const key = this.#keys?.read(packet.timestamp, packet.payload);
      if (key !== undefined) this.#options.onKey(key);
      // All packets of a key are stamped with its beginning: that tells nothing of the time of this one.
      if (wire.receiving) this.#options.onPacket(noSound, number, undefined);
    } else if (wire.receiving) {
      const payload = packet.payloadType === wire.payloadType ? packet.payload : noSound;
      this.#options.onPacket(payload, number, this.#mediaTime(packet.timestamp, wire.clockHz));
    }
  }

  /** For our report to the far side; what is lost "since the last report" counts from here. */
  report(): ReceptionReport | undefined {
    return this.#statistics?.report();
  }

  totals(): ReceptionTotals {
    const { received, lost, jitterMs } = this.#statistics?.totals() ?? { received: 0, lost: 0, jitterMs: 0 };
    return { received: this.#before.received + received, lost: this.#before.lost + lost, jitterMs };
  }

  #endSource(): void {
    const { received, lost } = this.totals();
    this.#before = { received, lost };
    this.#statistics = undefined;
    this.#lastStamp = undefined;
  }

  /** Media time of a stamp in milliseconds, or undefined when the far side's reckoning begins anew. */
  #mediaTime(stamp: number, clockHz: number): number | undefined {
    const last = this.#lastStamp;
    const jumpMs = last === undefined ? undefined : (distance(last, stamp, 32) / clockHz) * 1000;
    if (jumpMs === undefined || Math.abs(jumpMs) > maxStampJumpMs) {
      this.#lastStamp = stamp;
      return undefined;
    }
    const mediaMs = this.#mediaMs + jumpMs;
    if (jumpMs > 0) {
      this.#lastStamp = stamp;
      this.#mediaMs = mediaMs;
    }
    return mediaMs;
  }
}
