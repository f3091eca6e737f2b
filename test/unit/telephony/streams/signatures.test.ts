import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import twilio from 'twilio';
import { describe, expect, it } from 'vitest';
import { createAllowList } from '../../../../src/telephony/streams/admission.ts';
import { genesysRefusal } from '../../../../src/telephony/streams/genesys-signature.ts';
import type { HookRequest, StreamHooks } from '../../../../src/telephony/streams/hooks.ts';
import { createSealer, ticketMs, type Ticket } from '../../../../src/telephony/streams/secrets.ts';
import { streamVendors, type StreamVendorName } from '../../../../src/telephony/streams/vendors.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const epochMs = Date.UTC(2026, 0, 1);
const nowS = epochMs / 1000;
const url = 'https://kefu.example.com/streams/x/next?state=abc.def';
const rawBody = 'CallSid=CA1&From=%2B15551234567';
const fields = { CallSid: 'CA1', From: '+15551234567' };
const request = (headers: Record<string, string>, more: Partial<HookRequest> = {}): HookRequest => ({
  method: 'POST',
  url,
  headers,
  rawBody,
  fields,
  ...more,
});
/** The check of a vendor's signatures. */
function signedBy(name: StreamVendorName): StreamHooks['signed'] {
  const { hooks } = streamVendors[name];
  if (!hooks) throw new Error(`${name} has no webhooks`);
  return hooks.signed;
}

const jwt = (secret: string, claims: Record<string, unknown>, alg = 'HS256'): string => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = `${part({ alg, typ: 'JWT' })}.${part(claims)}`;
  return `Bearer ${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`;
};

describe('webhooks', () => {
  it('of Telnyx are signed with Ed25519 over time stamp and body', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const key = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64');
    const signed = signedBy('telnyx');
    const headers = (timestamp: number) => ({
      'telnyx-timestamp': String(timestamp),
      'telnyx-signature-ed25519': sign(null, Buffer.from(`${timestamp}|${rawBody}`), privateKey).toString(
        'base64',
      ),
    });
    expect(signed(key, request(headers(nowS)), epochMs)).toBe(true);
    expect(signed(key, request(headers(nowS - 301)), epochMs)).toBe(false);
    expect(signed(key, request(headers(nowS), { rawBody: `${rawBody}&x=1` }), epochMs)).toBe(false);
    expect(signed(key, request({}), epochMs)).toBe(false);
    expect(signed('no key', request(headers(nowS)), epochMs)).toBe(false);
  });

  it('of SignalWire are signed as those of Twilio, under another header', () => {
    const signature = twilio.getExpectedTwilioSignature('key', url, fields);
    const signed = signedBy('signalwire');
    expect(signed('key', request({ 'x-signalwire-signature': signature }), epochMs)).toBe(true);
    expect(signed('other', request({ 'x-signalwire-signature': signature }), epochMs)).toBe(false);
    expect(signed('key', request({ 'x-twilio-signature': signature }), epochMs)).toBe(false);
  });

  it('of Plivo are signed over the address, the sorted fields and a nonce', () => {
    const hmac = (text: string) => createHmac('sha256', 'token').update(text).digest('base64');
    const signed = signedBy('plivo');
    const posted = hmac(
      'https://kefu.example.com/streams/x/next?state=abc.def.CallSidCA1From+15551234567.12345',
    );
    const headers = { 'x-plivo-signature-v3': `other,${posted}`, 'x-plivo-signature-v3-nonce': '12345' };
    expect(signed('token', request(headers), epochMs)).toBe(true);
    expect(signed('other', request(headers), epochMs)).toBe(false);
    expect(signed('token', request({ ...headers, 'x-plivo-signature-v3-nonce': '1' }), epochMs)).toBe(false);
    const bare = hmac('https://kefu.example.com/answer?CallSidCA1From+15551234567.1');
    const withoutQuery = request(
      { 'x-plivo-signature-v3': bare, 'x-plivo-signature-v3-nonce': '1' },
      { url: 'https://kefu.example.com/answer' },
    );
    expect(signed('token', withoutQuery, epochMs)).toBe(true);
  });

  it('of Vonage carry a JWT with a hash of the body', () => {
    const signed = signedBy('vonage');
    const payload_hash = createHash('sha256').update(rawBody).digest('hex');
    const good = { iat: nowS, payload_hash };
    const check = (authorization: string, more: Partial<HookRequest> = {}) =>
      signed('secret', request({ authorization }, more), epochMs);
    expect(check(jwt('secret', good))).toBe(true);
    expect(check(jwt('secret', { iat: nowS }), { method: 'GET', rawBody: '' })).toBe(true);
    expect(check(jwt('other', good))).toBe(false);
    expect(check(jwt('secret', { ...good, iat: nowS - 301 }))).toBe(false);
    expect(check(jwt('secret', { ...good, exp: nowS - 1 }))).toBe(false);
    expect(check(jwt('secret', good, 'none'))).toBe(false);
    expect(check(jwt('secret', { iat: nowS }))).toBe(false);
    expect(check(jwt('secret', good), { rawBody: 'changed' })).toBe(false);
    expect(check('')).toBe(false);
  });

  it('of jambonz are signed over time stamp and body', () => {
    const signed = signedBy('jambonz');
    const header = (t: number) =>
      `t=${t},v1=${createHmac('sha256', 'secret').update(`${t}.${rawBody}`).digest('hex')}`;
    const check = (value: string, secret = 'secret') =>
      signed(secret, request({ 'jambonz-signature': value }), epochMs);
    expect(check(header(nowS))).toBe(true);
    expect(check(header(nowS - 301))).toBe(false);
    expect(check(header(nowS), 'other')).toBe(false);
    expect(check('t=1')).toBe(false);
  });
});

describe('the handshake of Genesys', () => {
  const keys = {
    apiKey: 'SGVsbG8sIEkgYW0gdGhlIEFQSSBrZXkh',
    clientSecret: 'VGhpcyBpcyBhIGNsaWVudCBzZWNyZXQ=',
  };
  const covered = [
    '@request-target',
    '@authority',
    'audiohook-organization-id',
    'audiohook-session-id',
    'audiohook-correlation-id',
    'x-api-key',
  ];
  const handshake = (
    change: { created?: number; components?: string[]; secret?: string; keyid?: string } = {},
  ) => {
    const headers: Record<string, string> = {
      host: 'kefu.example.com',
      'audiohook-organization-id': 'd7934305-0972-4844-938e-9060eef73d05',
      'audiohook-session-id': 'e160e428-53e2-487c-977d-96989bf5c99d',
      'audiohook-correlation-id': '30b0e395-84d3-4570-ac13-9a62d8f514c0',
      'x-api-key': keys.apiKey,
    };
    const components = change.components ?? covered;
    const created = change.created ?? nowS;
    const parameters = `(${components.map((name) => `"${name}"`).join(' ')});keyid="${change.keyid ?? keys.apiKey}";nonce="VGhpc0lzQVVuaXF1ZU5vbmNl";alg="hmac-sha256";created=${created};expires=${created + 10}`;
    const valueOf = (name: string) =>
      name === '@request-target' ? '/streams/genesys' : name === '@authority' ? headers.host : headers[name];
    const base = [
      ...components.map((name) => `"${name}": ${valueOf(name) ?? ''}`),
      `"@signature-params": ${parameters}`,
    ];
    const signature = createHmac('sha256', Buffer.from(change.secret ?? keys.clientSecret, 'base64'))
      .update(base.join('\n'))
      .digest('base64');
    return {
      url: '/streams/genesys',
      headers: { ...headers, 'signature-input': `sig1=${parameters}`, signature: `sig1=:${signature}:` },
    };
  };

  it('is taken when it is signed as documented', () => {
    expect(genesysRefusal(handshake(), keys, epochMs)).toBeUndefined();
  });

  it.each([
    ['another secret', handshake({ secret: 'b3RoZXI=' }), 'is wrong'],
    ['an old signature', handshake({ created: nowS - 60 }), 'too old'],
    ['a signature from the future', handshake({ created: nowS + 60 }), 'too old'],
    ['too little covered', handshake({ components: covered.slice(1) }), 'does not cover @request-target'],
    ['another key', handshake({ keyid: 'other' }), 'another key'],
    ['another target', { ...handshake(), url: '/streams/genesys?x=1' }, 'is wrong'],
    ['no signature', { url: '/', headers: { 'x-api-key': keys.apiKey } }, 'missing'],
    ['no API key', { url: '/', headers: {} }, 'X-API-KEY'],
  ])('is refused with %s', (_what, made, why) => {
    expect(genesysRefusal(made, keys, epochMs)?.message).toContain(why);
  });

  it('is known by the API key alone when there is no secret', () => {
    const { apiKey } = keys;
    const only = { url: '/', headers: { 'x-api-key': apiKey } };
    expect(genesysRefusal(only, { apiKey, clientSecret: undefined }, epochMs)).toBeUndefined();
  });
});

describe('tickets', () => {
  const ticket: Ticket = {
    carrierCall: 'v3:abc',
    callId: 'call_1',
    from: '+15551234567',
    to: '+15550001111',
    language: 'zh',
    resumes: true,
  };

  it('come back as they were, for their vendor, purpose, secret and time only', () => {
    const clock = new ManualClock();
    const sealer = createSealer('telnyx', 'a-token-of-16-chars', clock);
    const sealed = sealer.ticket(ticket);
    expect(sealer.readTicket(sealed)).toEqual(ticket);
    expect(sealed).toMatch(/^[\w-]+\.[\w-]+$/);
    expect(createSealer('plivo', 'a-token-of-16-chars', clock).readTicket(sealed)).toBeUndefined();
    expect(createSealer('telnyx', 'another-token-16', clock).readTicket(sealed)).toBeUndefined();
    expect(sealer.readFollowUp(sealed)).toBeUndefined();
    expect(sealer.readTicket(`${sealed}x`)).toBeUndefined();
    expect(sealer.readTicket('nonsense')).toBeUndefined();
    clock.advance(ticketMs + 1);
    expect(sealer.readTicket(sealed)).toBeUndefined();
  });
});

describe('the list of addresses', () => {
  it('knows addresses and networks of both families', () => {
    const list = createAllowList(['203.0.113.7', '198.51.100.0/24', '2001:db8::/32']);
    for (const good of ['203.0.113.7', '198.51.100.200', '2001:db8::1', '::ffff:203.0.113.7'])
      expect(list.has(good)).toBe(true);
    for (const bad of ['203.0.113.8', '2001:db9::1', 'nonsense', undefined])
      expect(list.has(bad)).toBe(false);
  });

  it.each(['kefu.example.com', '203.0.113.0/33', '203.0.113.0/24/1', '::1/200', '10.0.0.0/x'])(
    'refuses %s',
    (entry) => {
      expect(() => createAllowList([entry])).toThrow('is no address or network');
    },
  );
});
