import { KefuError } from '../../core/errors.ts';
import type { SipFlow } from './flow.ts';
import { hostText, parseUri } from './grammar.ts';
import type { Trunk } from './trunks.ts';

/** The number in `+15551234567` or `tel:+1-555-...`, or undefined. */
export function numberOf(target: string): string | undefined {
  const text = target.replace(/^tel:/i, '').split(';')[0] ?? '';
  const number = text.replace(/[-.() ]/g, '');
  return /^\+?\d{2,15}$/.test(number) ? number : undefined;
}

/** Whether a trunk may call a number. */
export function mayCall({ outbound }: Pick<Trunk, 'outbound'>, number: string): boolean {
  return outbound?.numbers.some((pattern) => pattern.test(number)) ?? false;
}

/**
 * Where a caller is sent: a SIP address as it is; a number by way of the exchange the call came from.
 * @throws KefuError `transfer_unsupported`.
 */
export function transferTarget(target: string, flow: SipFlow): string {
  const number = numberOf(target);
  if (number !== undefined) {
    const { host, port } = flow.remote;
    return `sip:${number}@${hostText(host)}${port === 5060 ? '' : `:${port}`}`;
  }
  const uri = parseUri(target);
  if (uri && (uri.scheme === 'sip' || uri.scheme === 'sips')) return target;
  throw new KefuError(
    'transfer_unsupported',
    'A SIP call can be given to a number such as +15551234567 or to an address such as sip:desk@example.com.',
  );
}
