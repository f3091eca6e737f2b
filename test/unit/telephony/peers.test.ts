import { describe, expect, it } from 'vitest';
import { isDirectLocal, isLoopback, peerRefusal, type PeerPolicy } from '../../../src/telephony/peers.ts';

function request(remoteAddress: string, headers: Record<string, string> = {}) {
  return { headers: { host: '127.0.0.1:8080', ...headers }, socket: { remoteAddress } };
}
const here = '127.0.0.1';
const elsewhere = '192.0.2.7';
const publicUrl = 'https://kefu.example.com';
const page = { host: 'kefu.example.com', origin: publicUrl };

describe('peers', () => {
  it.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])('at %s are on this machine', (address) => {
    expect(isLoopback(address)).toBe(true);
  });
  it.each([undefined, '', '128.0.0.1', '10.0.0.1', '::2', '::ffff:10.0.0.1', '127.0.0.1.example.com'])(
    'at %s are not on this machine',
    (address) => {
      expect(isLoopback(address)).toBe(false);
    },
  );

  it('are direct and local without a proxy and under a local name only', () => {
    expect(isDirectLocal(request(here))).toBe(true);
    expect(isDirectLocal(request('::1', { host: '[::1]:8080' }))).toBe(true);
    expect(isDirectLocal(request(here, { host: 'localhost' }))).toBe(true);
    expect(isDirectLocal(request(elsewhere))).toBe(false);
    expect(isDirectLocal(request(here, { host: 'rebound.example' }))).toBe(false);
    for (const name of ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']) {
      expect(isDirectLocal(request(here, { [name]: 'x' }))).toBe(false);
    }
  });

  const refused: [string, ReturnType<typeof request>, PeerPolicy, number][] = [
    ['a page of another site', request(here, { origin: 'https://evil.example' }), {}, 403],
    ['a page of another port', request(here, { origin: 'http://127.0.0.1:9999' }), {}, 403],
    ['a page without an address', request(here, { origin: 'null' }), {}, 403],
    [
      'a page that rebound its name',
      request(here, { host: 'evil.example', origin: 'http://evil.example' }),
      {},
      403,
    ],
    ['a name that is not configured', request(elsewhere, page), {}, 403],
    ['a program elsewhere', request(elsewhere, { host: '192.0.2.1:8080' }), {}, 403],
    [
      'a program elsewhere without the token',
      request(elsewhere, page),
      { publicUrl, authorize: () => false },
      401,
    ],
    ['a program behind a proxy of this machine', request(here, { via: '1.1 proxy' }), {}, 403],
  ];
  it.each(refused)('are refused: %s', (_name, peer, policy, status) => {
    const refusal = peerRefusal(peer, policy);
    expect(refusal?.status).toBe(status);
    expect(refusal?.message).toMatch(/\w+ \w+ \w+/);
  });

  const served: [string, ReturnType<typeof request>, PeerPolicy][] = [
    ['a program of this machine', request(here), {}],
    ['a page of this machine', request(here, { origin: 'http://127.0.0.1:8080' }), {}],
    [
      'a page of this server by its address',
      request(elsewhere, { host: '192.0.2.1', origin: 'http://192.0.2.1' }),
      {},
    ],
    ['a page of the public address', request(elsewhere, page), { publicUrl }],
    ['a page whose proxy rewrites the host', request(here, { origin: publicUrl, via: 'x' }), { publicUrl }],
    [
      'a page of an allowed site',
      request(elsewhere, { host: 'kefu.example.com', origin: 'https://shop.example' }),
      { publicUrl, allowedOrigins: ['https://shop.example'] },
    ],
    [
      'a program elsewhere with the token',
      request(elsewhere, { host: 'kefu.example.com' }),
      { publicUrl, authorize: () => true },
    ],
  ];
  it.each(served)('are served: %s', (_name, peer, policy) => {
    expect(peerRefusal(peer, policy)).toBeUndefined();
  });
});
