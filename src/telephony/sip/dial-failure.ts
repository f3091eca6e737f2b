import type { KefuError } from '../../core/errors.ts';
import { failed } from '../dialling.ts';

/** What a refusal of the far side (300 to 699) means. */
export function refusalOf(status: number): KefuError {
  const told = `The far side answered with ${status}`;
  if (status === 486 || status === 600) return failed('busy', told);
  if (status === 408 || status === 480) return failed('no-answer', told);
  if (status === 603) return failed('declined', told);
  if (status === 404 || status === 410 || status === 484 || status === 604) return failed('not-found', told);
  if (status === 401 || status === 403 || status === 407) return failed('not-allowed', told);
  // Another server may well take the call (RFC 3263 section 4.3).
  return status === 503 ? failed('unreachable', told) : failed('failed', told);
}
