import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Refusal } from '../gateway.ts';
import { sameSecret } from './secrets.ts';

export interface GenesysKeys {
  readonly apiKey: string;
  /** As Genesys shows it: base64. Without one, requests are known by the API key alone. */
  readonly clientSecret: string | undefined;
}

/** What every signature must cover, after "AudioHook: Security" (Genesys Cloud Developer Center). */
const required = [
  '@request-target',
  '@authority',
  'audiohook-organization-id',
  'audiohook-session-id',
  'audiohook-correlation-id',
  'x-api-key',
];
/** A signature is good for this long, give or take what clocks differ. */
const maxAgeS = 10;
const skewS = 3;

/** Why a handshake does not come from Genesys, or undefined when it does: HTTP message signatures with HMAC-SHA256. */
export function genesysRefusal(
  request: Pick<IncomingMessage, 'headers' | 'url'>,
  keys: GenesysKeys,
  epochMs: number,
): Refusal | undefined {
  const refused = (why: string): Refusal => ({
    status: 401,
    message: `${why} Check KEFU_GENESYS_API_KEY and KEFU_GENESYS_CLIENT_SECRET against the credentials of the integration.`,
  });
  const header = (name: string): string => {
    const value = request.headers[name];
    return typeof value === 'string' ? value.trim() : '';
  };
  if (!sameSecret(header('x-api-key'), keys.apiKey)) return refused('The X-API-KEY is missing or wrong.');
  if (keys.clientSecret === undefined) return undefined;

  const input = /^([\w-]+)=(\(([^)]*)\)(.*))$/.exec(header('signature-input'));
  const [, label = '', parameters = '', components = '', rest = ''] = input ?? [];
  const signature = new RegExp(`(?:^|,\\s*)${label}=:([A-Za-z0-9+/=]+):`).exec(header('signature'))?.[1];
  if (!input || signature === undefined) return refused('The signature is missing or cannot be read.');
  const covered = [...components.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name);
  const missing = required.filter((name) => !covered.includes(name));
  if (missing.length > 0) return refused(`The signature does not cover ${missing.join(', ')}.`);
  const parameter = (name: string): string =>
    new RegExp(`;${name}=(?:"([^"]*)"|(\\d+))`).exec(rest)?.slice(1).find(Boolean) ?? '';
  const nowS = epochMs / 1000;
  const created = Number(parameter('created'));
  const expires = Number(parameter('expires') || 'Infinity');
  if (!(created <= nowS + skewS && created + maxAgeS >= nowS - skewS && expires >= nowS - skewS))
    return refused('The signature is too old, or the clocks differ.');
  if (parameter('keyid') !== keys.apiKey) return refused('The signature is made with another key.');
  if (parameter('nonce').length < 22) return refused('The nonce of the signature is too short.');

  const valueOf = (name: string): string => {
    if (name === '@request-target') return request.url ?? '';
    return name === '@authority' ? header('host') : header(name);
  };
  const lines = covered.map((name) => `"${name}": ${valueOf(name)}`);
  const expected = createHmac('sha256', Buffer.from(keys.clientSecret, 'base64'))
    .update([...lines, `"@signature-params": ${parameters}`].join('\n'))
    .digest('base64');
  return sameSecret(signature, expected) ? undefined : refused('The signature is wrong.');
}
