import type { Clock } from '../../core/clock.ts';
import type { Endpoint, SipFlow, SipTransportName } from './flow.ts';
import { startOf } from './counters.ts';

/** A message as it came or went, with its secrets still in it. */
export interface TracedMessage {
  readonly atEpochMs: number;
  readonly direction: 'in' | 'out';
  readonly transport: SipTransportName;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly bytes: Uint8Array;
}

/** A call or another exchange of messages (a registration, a check) under one Call-ID. */
export interface TracedCall {
  readonly callId: string;
  readonly beganEpochMs: number;
  readonly messages: number;
  /** The method of its first request; empty when it was not seen. */
  readonly method: string;
}

export interface SipTraceOptions {
  readonly clock: Pick<Clock, 'epochMs'>;
  /** How many Call-IDs are kept; the one that was quiet for longest goes first. */
  readonly maxCalls?: number;
  /** How many messages of one Call-ID are kept: the first half of them and the newest. */
  readonly maxMessages?: number;
}

type Listener = (callId: string, message: TracedMessage) => void;

/** A message that is larger than this is cut in the trace: nobody draws a ladder of bodies. */
const maxBytes = 8 * 1024;
const maxStrangers = 50;

/** Keeps the SIP messages of the newest calls in memory, for the ladder of a call and for captures. */
export class SipTrace {
  readonly #clock: Pick<Clock, 'epochMs'>;
  readonly #maxCalls: number;
  readonly #maxMessages: number;
  /** By Call-ID; the order is that of the newest message. */
  readonly #calls = new Map<string, TracedMessage[]>();
  /** The newest message of Call-IDs under which nothing was sent yet. */
  readonly #strangers = new Map<string, TracedMessage>();
  readonly #listeners = new Set<Listener>();

  constructor({ clock, maxCalls = 200, maxMessages = 100 }: SipTraceOptions) {
    this.#clock = clock;
    this.#maxCalls = maxCalls;
    this.#maxMessages = maxMessages;
  }

  /**
   * Notes a message.
   * @param isKnown - False for what came from an address that is no trunk's: it is kept once something was sent under its Call-ID, so
   *   that floods of strangers push no call out of the memory.
   */
  note(
    direction: 'in' | 'out',
    bytes: Uint8Array,
    flow: Pick<SipFlow, 'transport' | 'local' | 'remote'>,
    isKnown: boolean,
  ): void {
    const callId = callIdOf(bytes);
    if (callId === undefined) return;
    const { transport, local, remote } = flow;
    const message: TracedMessage = {
      atEpochMs: this.#clock.epochMs(),
      ...{ direction, transport, local, remote },
      bytes: Uint8Array.from(bytes.subarray(0, maxBytes)),
    };
    if (!isKnown && !this.#calls.has(callId)) {
      this.#strangers.set(callId, message);
      dropOldest(this.#strangers, maxStrangers);
      return;
    }
    const earlier = this.#strangers.get(callId);
    if (earlier) {
      this.#strangers.delete(callId);
      this.#keep(callId, earlier);
    }
    this.#keep(callId, message);
  }

  /** The messages of a Call-ID, oldest first; empty when none is known. */
  messages(callId: string): readonly TracedMessage[] {
    return this.#calls.get(callId) ?? [];
  }

  /** Everything that is kept, newest first. */
  calls(): TracedCall[] {
    return [...this.#calls].reverse().flatMap(([callId, messages]) => {
      const [first] = messages;
      if (!first) return [];
      const line = startOf(first.bytes);
      const method = line.type === 'request' ? line.method : '';
      return [{ callId, beganEpochMs: first.atEpochMs, messages: messages.length, method }];
    });
  }

  #keep(callId: string, message: TracedMessage): void {
    const messages = this.#calls.get(callId) ?? [];
    if (messages.length >= this.#maxMessages) messages.splice(Math.floor(this.#maxMessages / 2), 1);
    messages.push(message);
    this.#calls.delete(callId);
    this.#calls.set(callId, messages);
    dropOldest(this.#calls, this.#maxCalls);
    for (const listener of this.#listeners) listener(callId, message);
  }

  /** Calls `listener` with every message that is kept from now on. @returns stops that. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** The Call-ID, found without reading the rest: a trace must cost little. */
export function callIdOf(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, maxBytes)).toString(
    'latin1',
  );
  return /\r\n(?:call-id|i)[ \t]*:[ \t]*(\S+)/i.exec(head)?.[1];
}

function dropOldest(map: Map<string, unknown>, limit: number): void {
  for (const key of map.keys()) {
    if (map.size <= limit) return;
    map.delete(key);
  }
}
