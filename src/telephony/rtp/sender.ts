import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { keyPayloads, type KeyFormat } from './keys.ts';
import type { SenderReport } from './rtcp.ts';
import type { RtpPacket } from './packet.ts';

export interface RtpSenderOptions {
  readonly clock: Clock;
  readonly packetMs: number;
  readonly transmit: (packet: RtpPacket) => void;
  /** Everything sent before the mark has been played, as far as can be known: its time is over. */
  readonly onMark: (name: string) => void;
}

/** How late this process may be before it leaves time out instead of sending a burst. */
const maxBurstMs = 200;
/** Packets of one key press: 100 ms, as a short press on a telephone. */
const keyPackets = 5;
const keyPausePackets = 3;
const noSound = new Uint8Array(0);

/** How sound goes out, as agreed. */
export interface SenderWire {
  readonly payloadType: number;
  /** Ticks of the time stamps in a second. */
  readonly clockHz: number;
  readonly keys: KeyFormat | undefined;
  /** Packets of silence in the codec, sent in turn; at least one. */
  readonly silence: readonly Uint8Array[];
}

/**
 * Our direction of one stream. A packet goes out every `packetMs`, silence when there is nothing to say, so that NATs and media
 * timeouts of the far side see a living call. What comes in bursts waits here and can still be dropped.
 *
 *     send, mark ─▶ queue ─┐
 *     sendKeys ─▶ keys ────┼─▶ one slot every 20 ms ─▶ transmit        mark: at the end of the packet before it
 *     (nothing) silence ───┘
 */
export class RtpSender {
  readonly ssrc = randomBytes(4).readUInt32BE();
  readonly #options: RtpSenderOptions;
  #wire: SenderWire | undefined;
  #queue: ({ readonly payload: Uint8Array } | { readonly mark: string })[] = [];
  #keys: (Uint8Array | undefined)[] = [];
  #keyStart: number | undefined;
  #sequence = randomBytes(2).readUInt16BE();
  #timestamp = randomBytes(4).readUInt32BE();
  #silent = -1;
  #marker = true;
  #nextMs = 0;
  #open = true;
  #cancelTimer: (() => void) | undefined;
  #packets = 0;
  #bytes = 0;

  constructor(options: RtpSenderOptions) {
    this.#options = options;
  }

  /** Begins to send, or changes how. */
  start(wire: SenderWire): void {
    this.#wire = wire;
    if (this.#cancelTimer) return;
    this.#nextMs = this.#options.clock.nowMs();
    this.#tick();
  }

  /** False: time goes on and nothing is sent, while the far side holds the call. */
  set open(open: boolean) {
    this.#marker ||= open && !this.#open;
    this.#open = open;
  }

  send(payload: Uint8Array): void {
    this.#queue.push({ payload });
  }

  mark(name: string): void {
    this.#queue.push({ mark: name });
  }

  /** Drops what was not sent yet, marks included. */
  clear(): void {
    this.#queue = [];
  }

  /** Presses keys one after the other; true when the far side takes keys. */
  sendKeys(keys: string): boolean {
    const format = this.#wire?.keys;
    if (!format) return false;
    for (const key of keys) {
      const payloads = keyPayloads(key, keyPackets, (format.clockHz * this.#options.packetMs) / 1000);
      if (payloads.length > 0)
        this.#keys.push(...payloads, ...new Array<undefined>(keyPausePackets).fill(undefined));
    }
    return true;
  }

  /** Packets of sound that wait for their time; marks among them count as well. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Packets of sound and keys that have gone out. */
  get packets(): number {
    return this.#packets;
  }

  /** Undefined while nothing was sent. */
  report(): SenderReport | undefined {
    if (this.#packets === 0) return undefined;
    return {
      epochMs: this.#options.clock.epochMs(),
      timestamp: this.#timestamp,
      packets: this.#packets,
      bytes: this.#bytes,
    };
  }

  /** Idempotent. */
  close(): void {
    this.#wire = undefined;
    this.#queue = [];
    this.#cancelTimer?.();
  }

  #tick(): void {
    const { clock, packetMs } = this.#options;
    const nowMs = clock.nowMs();
    const late = Math.floor((nowMs - this.#nextMs) / packetMs);
    if (late * packetMs > maxBurstMs) {
      this.#nextMs += late * packetMs;
      this.#advance(late);
      this.#marker = true;
    }
    while (this.#wire && this.#nextMs <= nowMs) {
      this.#nextMs += packetMs;
      this.#slot(this.#wire);
    }
    if (!this.#wire) return;
    this.#cancelTimer = clock.setTimer(() => this.#tick(), Math.max(0, Math.ceil(this.#nextMs - nowMs)));
  }

  #slot(wire: SenderWire): void {
    let next = this.#queue[0];
    while (next && 'mark' in next) {
      this.#queue.shift();
      this.#options.onMark(next.mark);
      next = this.#queue[0];
    }
    const key = this.#keys.shift();
    if (key && wire.keys) {
      const first = this.#keyStart === undefined;
      this.#keyStart ??= this.#timestamp;
      this.#transmit(wire.keys.payloadType, key, this.#keyStart, first);
    } else {
      this.#keyStart = undefined;
      // While keys are pressed, words wait.
      const waiting = this.#keys.length > 0 ? undefined : this.#queue.shift();
      const payload = waiting && 'payload' in waiting ? waiting.payload : this.#silence(wire);
      this.#transmit(wire.payloadType, payload, this.#timestamp, this.#marker);
      this.#marker = false;
    }
    this.#advance(1);
  }

  #silence({ silence }: SenderWire): Uint8Array {
    this.#silent = (this.#silent + 1) % silence.length;
    return silence[this.#silent] ?? noSound;
  }

  /** Moves the time stamp on. */
  #advance(packets: number): void {
    const ticks = ((this.#wire?.clockHz ?? 0) * this.#options.packetMs) / 1000;
    this.#timestamp = (this.#timestamp + packets * ticks) >>> 0;
  }

  #transmit(payloadType: number, payload: Uint8Array, timestamp: number, marker: boolean): void {
    if (!this.#open) return;
    this.#packets += 1;
    this.#bytes += payload.length;
    const { ssrc } = this;
    this.#options.transmit({ payloadType, marker, sequence: this.#sequence, timestamp, ssrc, payload });
    this.#sequence = (this.#sequence + 1) & 0xffff;
  }
}
