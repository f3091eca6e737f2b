import { KefuError } from '../core/errors.ts';

/** A transfer target as carriers take it. */
export interface DialTarget {
  readonly type: 'number' | 'sip';
  readonly address: string;
}

/**
 * What a transfer target means: E.164 or `tel:` is a number, `sip:` and `sips:` an address.
 * @throws KefuError `transfer_unsupported` for anything else.
 */
export function parseDialTarget(target: string, carrier: string): DialTarget {
  if (/^sips?:[^\s@<>"]+@[^\s@<>"]+$/i.test(target)) return { type: 'sip', address: target };
  // Numbers may be written for people: spaces, dots, dashes and brackets mean nothing.
  const number = /^(?:tel:)?(\+?\d{3,15})$/i.exec(target.replace(/[\s().-]/g, ''))?.[1];
  if (number !== undefined) return { type: 'number', address: number };
  throw new KefuError(
    'transfer_unsupported',
    `${carrier} can dial a number such as +15551234567 or an address such as sip:desk@example.com.`,
  );
}
