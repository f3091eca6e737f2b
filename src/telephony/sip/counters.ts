import type { SipCount, SipFigures } from '../../core/trunks.ts';

/** Methods that are counted under their own name; a peer that makes names up must not fill the memory. */
const methods: readonly string[] = [
  ...['INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'REGISTER', 'PRACK', 'UPDATE'],
  ...['INFO', 'REFER', 'NOTIFY', 'SUBSCRIBE', 'MESSAGE', 'PUBLISH'],
];

/** How a message begins, read without the rest of it. */
export type SipStart =
  | { readonly type: 'request'; readonly method: string }
  | { readonly type: 'response'; readonly status: number }
  | { readonly type: 'unreadable' };

/** Reads the first line of a message. */
export function startOf(bytes: Uint8Array): SipStart {
  const line = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 64)).toString('latin1');
  const status = /^SIP\/2\.0 (\d{3})/.exec(line)?.[1];
  if (status !== undefined) return { type: 'response', status: Number(status) };
  const method = /^([A-Z]{2,20}) /.exec(line)?.[1];
  return method === undefined ? { type: 'unreadable' } : { type: 'request', method };
}

type Direction = 'in' | 'out';

/** Counts messages and calls for the metrics. */
export class SipCounters {
  readonly #requests = new Tally<'direction' | 'method'>();
  readonly #responses = new Tally<'direction' | 'status'>();
  readonly #calls = new Tally<'trunk' | 'direction'>();

  /** Counts a message that came or went. */
  message(direction: Direction, bytes: Uint8Array): void {
    const start = startOf(bytes);
    if (start.type === 'request') {
      const method = methods.includes(start.method) ? start.method : 'OTHER';
      this.#requests.count({ direction, method });
    } else if (start.type === 'response') {
      this.#responses.count({ direction, status: String(start.status) });
    }
  }

  /** Counts a call that a trunk has begun, or that Kefu has begun over it. */
  call(trunk: string, direction: Direction): void {
    this.#calls.count({ trunk, direction });
  }

  get figures(): Pick<SipFigures, 'requests' | 'responses' | 'calls'> {
    return { requests: this.#requests.all, responses: this.#responses.all, calls: this.#calls.all };
  }
}

/** Numbers by labels. */
class Tally<Label extends string> {
  readonly #counts = new Map<string, { readonly labels: Readonly<Record<Label, string>>; count: number }>();

  count(labels: Readonly<Record<Label, string>>): void {
    const key = JSON.stringify(labels);
    const entry = this.#counts.get(key);
    if (entry) entry.count += 1;
    else this.#counts.set(key, { labels, count: 1 });
  }

  get all(): readonly SipCount<Label>[] {
    return [...this.#counts.values()].map(({ labels, count }) => ({ labels, count }));
  }
}
