import { randomBytes } from 'node:crypto';

/** A new call id: `call_` and 26 characters that sort by creation time (48 bits of milliseconds, 80 random bits). */
export function newCallId(epochMs: number): string {
  return `call_${sortableId(epochMs)}`;
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford's base 32, lower case.

function sortableId(epochMs: number): string {
  let bits = (BigInt(Math.floor(epochMs)) << 80n) | BigInt(`0x${randomBytes(10).toString('hex')}`);
  let id = '';
  for (let index = 0; index < 26; index += 1) {
    id = (alphabet[Number(bits & 31n)] ?? '0') + id;
    bits >>= 5n;
  }
  return id;
}
