import { KefuError } from '../../core/errors.ts';
import { failed } from '../dialling.ts';
import type { SipResponse } from './message.ts';
import { retryAfterMs } from './servers.ts';

/** A server takes no calls just now; another one may (RFC 3263 section 4.3). */
export class ServerOverloaded extends KefuError {
  /** How long it wants to be left alone, in milliseconds; undefined when it does not say. */
  readonly restMs: number | undefined;

  constructor({ message }: KefuError, restMs: number | undefined) {
    super('transfer_failed', message);
    this.restMs = restMs;
  }
}

/** What a refusal of the far side (300 to 699) means. */
export function refusalOf(response: SipResponse): KefuError {
  const { status } = response;
  const told = `The far side answered with ${status}`;
  if (status === 486 || status === 600) return failed('busy', told);
  if (status === 408 || status === 480) return failed('no-answer', told);
  if (status === 603) return failed('declined', told);
  if (status === 404 || status === 410 || status === 484 || status === 604) return failed('not-found', told);
  if (status === 401 || status === 403 || status === 407) return failed('not-allowed', told);
  if (status === 503) return new ServerOverloaded(failed('unreachable', told), retryAfterMs(response));
  return failed('failed', told);
}
