import type { Clock } from '../../core/clock.ts';
import type { Endpoint } from './flow.ts';
import { maskSecrets } from './masking.ts';
import { pcapHeader, pcapPacket, type CapturedPacket } from './pcap.ts';
import type { SipTrace, TracedMessage } from './trace.ts';

/** A packet of sound as it went over the wire, before it was encrypted or after it was decrypted. */
export interface TappedPacket {
  readonly direction: 'in' | 'out';
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly bytes: Uint8Array;
  /** `keys`: a telephone event (RFC 4733). */
  readonly kind: 'audio' | 'keys' | 'rtcp';
}

/** Gets every packet of one call's sound; undefined while nobody captures the call. */
export type RtpTap = (callId: string) => ((packet: TappedPacket) => void) | undefined;

export interface CaptureOptions {
  /** The Call-ID that is captured; `next`: that of the next call that begins. */
  readonly call: string;
  /** Whether keys and sound can be read and heard in the capture; zeros stand in their place otherwise. */
  readonly withKeys: boolean;
  readonly withAudio: boolean;
  /** Gets the bytes of a capture file, bit by bit. */
  readonly write: (bytes: Uint8Array) => void;
  /** The capture is over: the call has been over for a while, or the capture has reached a limit. */
  readonly onEnd: () => void;
}

/** How many captures may run at once, how long one may, and how large it may get. */
const maxCaptures = 4;
const maxCaptureMs = 60 * 60_000;
const maxCaptureBytes = 200 * 1024 * 1024;
/** A captured call under whose Call-ID nothing came or went for this time is over. */
const quietLimitMs = 5_000;
const fixedHeaderBytes = 12;

interface Capture extends CaptureOptions {
  callId: string | undefined;
  bytes: number;
  lastEpochMs: number;
  /** A BYE, CANCEL or refusal has been seen. */
  ending: boolean;
}

/** Writes calls into capture files while they go on, for Wireshark. */
export class Captures {
  readonly #trace: SipTrace;
  readonly #clock: Clock;
  readonly #running = new Set<Capture>();
  readonly #stops = new Map<Capture, () => void>();

  constructor(parts: { readonly trace: SipTrace; readonly clock: Clock }) {
    this.#trace = parts.trace;
    this.#clock = parts.clock;
    this.#trace.listen((callId, message) => this.#onMessage(callId, message));
  }

  /** The tap for a call's sound. */
  readonly tap: RtpTap = (callId) => {
    // Asked for each packet: without a capture this is all it costs.
    if (this.#running.size === 0) return undefined;
    const captures = [...this.#running].filter((capture) => capture.callId === callId);
    if (captures.length === 0) return undefined;
    return (packet) => {
      for (const capture of captures) this.#write(capture, packetOf(packet, capture, this.#clock.epochMs()));
    };
  };

  /** Begins a capture, with what is known of the call so far. @returns ends it, or undefined when too many run already. */
  begin(options: CaptureOptions): (() => void) | undefined {
    if (this.#running.size >= maxCaptures) return undefined;
    const callId = options.call === 'next' ? undefined : options.call;
    const capture: Capture = {
      ...options,
      callId,
      bytes: 0,
      lastEpochMs: this.#clock.epochMs(),
      ending: false,
    };
    this.#running.add(capture);
    const cancelLimit = this.#clock.setTimer(() => this.#end(capture), maxCaptureMs);
    let cancelWatch = (): void => undefined;
    const watch = (): void => {
      cancelWatch = this.#clock.setTimer(() => {
        const quietMs = this.#clock.epochMs() - capture.lastEpochMs;
        if (capture.ending && quietMs >= quietLimitMs) this.#end(capture);
        else watch();
      }, quietLimitMs);
    };
    watch();
    this.#stops.set(capture, () => {
      cancelLimit();
      cancelWatch();
    });
    capture.write(pcapHeader());
    if (callId !== undefined)
      for (const message of this.#trace.messages(callId)) this.#writeMessage(capture, message);
    return () => this.#end(capture);
  }

  /** Ends all captures. */
  close(): void {
    for (const capture of [...this.#running]) this.#end(capture);
  }

  #onMessage(callId: string, message: TracedMessage): void {
    for (const capture of this.#running) {
      if (capture.callId === undefined && beginsCall(message)) capture.callId = callId;
      if (capture.callId === callId) this.#writeMessage(capture, message);
    }
  }

  #writeMessage(capture: Capture, message: TracedMessage): void {
    const { atEpochMs, direction, local, remote, bytes } = message;
    const payload = maskSecrets(bytes, { keys: capture.withKeys });
    const [from, to] = direction === 'in' ? [remote, local] : [local, remote];
    if (endsCall(message)) capture.ending = true;
    this.#write(capture, { atEpochMs, from, to, payload });
  }

  #write(capture: Capture, packet: CapturedPacket): void {
    if (!this.#running.has(capture)) return;
    const bytes = pcapPacket(packet);
    capture.bytes += bytes.byteLength;
    capture.lastEpochMs = this.#clock.epochMs();
    if (capture.bytes > maxCaptureBytes) this.#end(capture);
    else capture.write(bytes);
  }

  #end(capture: Capture): void {
    if (!this.#running.delete(capture)) return;
    this.#stops.get(capture)?.();
    this.#stops.delete(capture);
    capture.onEnd();
  }
}

function packetOf(packet: TappedPacket, capture: Capture, atEpochMs: number): CapturedPacket {
  const { direction, local, remote, bytes, kind } = packet;
  const shown = kind === 'rtcp' || (kind === 'keys' ? capture.withKeys : capture.withAudio);
  const [from, to] = direction === 'in' ? [remote, local] : [local, remote];
  return { atEpochMs, from, to, payload: shown ? bytes : withoutPayload(bytes) };
}

/** The packet with zeros in place of what it carries (RFC 3550 section 5.1): losses and jitter can still be seen. */
function withoutPayload(bytes: Uint8Array): Uint8Array {
  const emptied = Uint8Array.from(bytes);
  const sources = (bytes[0] ?? 0) & 0x0f;
  emptied.fill(0, fixedHeaderBytes + sources * 4);
  // The last byte would tell how much of it is padding.
  emptied[0] = (emptied[0] ?? 0) & ~0x20;
  return emptied;
}

function textOf(message: TracedMessage): string {
  return Buffer.from(message.bytes).toString('latin1', 0, 256);
}

function beginsCall(message: TracedMessage): boolean {
  return textOf(message).startsWith('INVITE ');
}

/** True for what is among the last messages of a call; a quiet time afterwards proves it. */
function endsCall(message: TracedMessage): boolean {
  return /^(?:BYE|CANCEL) |^SIP\/2\.0 [3-6]\d\d/.test(textOf(message));
}
