import { KefuError } from '../../core/errors.ts';
import { contentLength, headEnd } from './parse.ts';

/** The largest message a stream may carry; a datagram cannot be larger either. */
const maxMessageBytes = 65_535;
const empty = Buffer.alloc(0);

/**
 * Cuts a stream (TCP, TLS) into messages by Content-Length, however the bytes arrive. A double line end between messages is a sign
 * of life (RFC 5626 section 3.5.1) and answered by `onPing`.
 */
export class SipFramer {
  readonly #onMessage: (bytes: Uint8Array) => void;
  readonly #onPing: () => void;
  #pending: Buffer = empty;

  constructor(onMessage: (bytes: Uint8Array) => void, onPing: () => void = () => undefined) {
    this.#onMessage = onMessage;
    this.#onPing = onPing;
  }

  /** @throws KefuError `protocol_violation` when the stream cannot be cut any more; the connection must be closed. */
  push(chunk: Uint8Array): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (this.#next());
  }

  #next(): boolean {
    const pending = this.#pending;
    if (pending[0] === 13 && (pending[1] === 10 || pending.length === 1)) {
      if (pending.length < 4 && Buffer.from('\r\n\r\n').subarray(0, pending.length).equals(pending))
        return false;
      const ping = pending.subarray(0, 4).toString('latin1') === '\r\n\r\n';
      this.#pending = pending.subarray(ping ? 4 : 2);
      if (ping) this.#onPing();
      return true;
    }
    const end = headEnd(pending);
    if (end < 0) {
      if (pending.length > maxMessageBytes) throw violation('headers without an end');
      return false;
    }
    const head = pending
      .subarray(0, end)
      .toString('latin1')
      .replace(/\r\n[ \t]+/g, ' ');
    const values = [...head.matchAll(/^(?:content-length|l)[ \t]*:(.*)$/gim)].map((match) => match[1] ?? '');
    const length = contentLength(values[0] ?? '');
    // Without a length nobody can tell where the next message begins (section 18.3).
    if (length === undefined || values.length > 1)
      throw violation('a message without a valid Content-Length');
    const total = end + 4 + length;
    if (total > maxMessageBytes) throw violation('a message over 64 KiB');
    if (pending.length < total) return false;
    this.#pending = pending.subarray(total);
    this.#onMessage(Uint8Array.from(pending.subarray(0, total)));
    return true;
  }
}

function violation(detail: string): KefuError {
  return new KefuError('protocol_violation', `The stream of a SIP peer cannot be read: ${detail}.`);
}
