import { fastify, type InjectOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { guardApi, hasApiToken } from '../../../src/app/routes/guard.ts';

const token = 'a-token-of-the-operator';

/** The status and body that a request to a guarded route is answered with. */
async function ask(apiToken: string | undefined, request: InjectOptions) {
  const app = fastify();
  app.get('/api/calls', { preHandler: guardApi(apiToken) }, () => ({ calls: [] }));
  const { statusCode, body } = await app.inject({
    url: '/api/calls',
    remoteAddress: '127.0.0.1',
    ...request,
    headers: { host: 'localhost:8080', ...request.headers },
  });
  await app.close();
  return { status: statusCode, body };
}

describe('the API of a Kefu without a token', () => {
  it('serves programs and pages of this machine', async () => {
    expect((await ask(undefined, {})).status).toBe(200);
    expect((await ask(undefined, { remoteAddress: '::1', headers: { host: '[::1]:8080' } })).status).toBe(
      200,
    );
    expect((await ask(undefined, { remoteAddress: '::ffff:127.0.0.1' })).status).toBe(200);
    expect((await ask(undefined, { headers: { origin: 'http://localhost:8080' } })).status).toBe(200);
  });

  it.each([
    ['another machine', { remoteAddress: '192.0.2.7' }],
    ['a proxy on this machine', { headers: { 'x-forwarded-for': '192.0.2.7' } }],
    ['a tunnel on this machine', { headers: { forwarded: 'for=192.0.2.7' } }],
    ['a page of another site', { headers: { origin: 'https://elsewhere.example' } }],
    ['a page of another port', { headers: { origin: 'http://localhost:3000' } }],
    ['a page from a file', { headers: { origin: 'null' } }],
    ['a host name that was pointed here', { headers: { host: 'rebound.example' } }],
  ])('refuses %s and says what to set', async (_who, request) => {
    const { status, body } = await ask(undefined, request);
    expect(status).toBe(403);
    expect(body).toContain('KEFU_API_TOKEN');
    expect(body).not.toContain('calls');
  });

  it('takes no token for one', async () => {
    const headers = { authorization: 'Bearer undefined' };
    expect((await ask(undefined, { remoteAddress: '192.0.2.7', headers })).status).toBe(403);
  });
});

describe('the API of a Kefu with a token', () => {
  const away = { remoteAddress: '192.0.2.7' };
  const bearer = (value: string, scheme = 'Bearer') => ({ authorization: `${scheme} ${value}` });

  it('serves whoever sends it, from wherever', async () => {
    expect((await ask(token, { ...away, headers: bearer(token) })).status).toBe(200);
    expect((await ask(token, { ...away, headers: bearer(token, 'bearer') })).status).toBe(200);
    const headers = { ...bearer(token), origin: 'https://elsewhere.example' };
    expect((await ask(token, { ...away, headers })).status).toBe(200);
  });

  it('still serves this machine without it', async () => {
    expect((await ask(token, {})).status).toBe(200);
  });

  it.each([
    ['no token', {}],
    ['a wrong token', bearer('another-token-of-16')],
    ['the token and more', bearer(`${token}x`)],
    ['a part of the token', bearer(token.slice(0, -1))],
    ['another scheme', bearer(token, 'Basic')],
  ])('asks for it after %s', async (_what, headers) => {
    const { status, body } = await ask(token, { ...away, headers });
    expect(status).toBe(401);
    expect(body).toContain('Authorization: Bearer');
    expect(body).not.toContain(token);
  });
});

describe('a token', () => {
  it('opens nothing where none is configured', () => {
    const request = { headers: { authorization: `Bearer ${token}` }, socket: {} };
    expect(hasApiToken(request, undefined)).toBe(false);
    expect(hasApiToken(request, token)).toBe(true);
  });
});
