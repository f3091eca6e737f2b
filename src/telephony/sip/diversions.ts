import type { KefuError } from '../../core/errors.ts';
import { failed } from '../dialling.ts';
import { parseAddress } from './grammar.ts';
import type { SipHeaders } from './message.ts';

/** How many numbers a call is diverted to at most. */
const maxDiversions = 3;
/** Those whose Contact names who is to be called: 305 names a proxy, 380 something else than a call. */
const diverting: readonly number[] = [300, 301, 302];

/** Where a call was diverted to (RFC 3261 section 8.1.3.4): the best place first, none twice, so that it runs in no circle. */
export class Diversions {
  readonly #tried: Set<string>;
  readonly #allowed: (contact: string) => string | undefined;
  #waiting: readonly { readonly uri: string; readonly preference: number }[] = [];
  #problem: KefuError | undefined;
  #count = 0;

  /** @param allowed - The address to call for a Contact; undefined when that must not be called. */
  constructor(first: string, allowed: (contact: string) => string | undefined) {
    this.#tried = new Set([first]);
    this.#allowed = allowed;
  }

  /** Why the last diversion led nowhere, if it did. */
  get problem(): KefuError | undefined {
    return this.#problem;
  }

  /** Takes the places that a 3xx names. */
  add(status: number, headers: SipHeaders): void {
    this.#problem = undefined;
    if (!diverting.includes(status)) return;
    const contacts = headers.list('contact');
    const allowed = contacts.flatMap((contact) => {
      const uri = this.#allowed(contact);
      const preference = Number(parseAddress(contact)?.params.get('q') ?? 1);
      return uri === undefined ? [] : [{ uri, preference: Number.isNaN(preference) ? 1 : preference }];
    });
    const places = [...this.#waiting, ...allowed].filter(({ uri }) => !this.#tried.has(uri));
    this.#waiting = places.sort((a, b) => b.preference - a.preference);
    if (places.length > 0) return;
    this.#problem =
      allowed.length > 0
        ? failed('failed', 'The call was diverted in a circle')
        : failed('not-allowed', 'The call was diverted to a number that may not be called');
  }

  /** The next place to call; undefined when there is none. */
  next(): string | undefined {
    const [best, ...others] = this.#waiting;
    if (!best) return undefined;
    if (this.#count === maxDiversions) {
      this.#problem = failed('failed', 'The call was diverted too often');
      return undefined;
    }
    this.#count += 1;
    this.#tried.add(best.uri);
    // One Contact may stand there twice.
    this.#waiting = others.filter(({ uri }) => uri !== best.uri);
    return best.uri;
  }
}
