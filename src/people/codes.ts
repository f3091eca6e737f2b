import { Secret, TOTP } from 'otpauth';

const periodS = 30;
/** Clocks of telephones and servers differ: the step before and the one after are taken, too. */
const window = 1;
const settings = { algorithm: 'SHA1', digits: 6, period: periodS } as const;

/** A new secret for an authenticator (RFC 6238, the settings that every app knows), in base 32. */
export function newCodeSecret(): string {
  return new Secret({ size: 20 }).base32;
}

/** What an authenticator reads from the QR code. */
export function codeUri(secret: string, login: string): string {
  return new TOTP({ ...settings, issuer: 'Kefu', label: login, secret }).toString();
}

/** The 30-second step whose code this is, near `epochMs`; undefined when it is none's. */
export function stepOfCode(secret: string, code: string, epochMs: number): number | undefined {
  const token = code.replace(/\s/g, '');
  const delta = new TOTP({ ...settings, secret }).validate({ token, timestamp: epochMs, window });
  return delta === null ? undefined : Math.floor(epochMs / 1000 / periodS) + delta;
}

/** The code of a moment, as an authenticator shows it. */
export function codeAt(secret: string, epochMs: number): string {
  return new TOTP({ ...settings, secret }).generate({ timestamp: epochMs });
}
