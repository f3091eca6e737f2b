import { fastify, type InjectOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { addressOf, createAccess, hasApiToken, type Identity } from '../../../src/app/access.ts';
import { forRoles, installGuard, openToAll, type RouteAccess } from '../../../src/app/routes/guard.ts';
import type { Person } from '../../../src/core/people.ts';
import { newProfile } from '../../../src/people/profile.ts';

const token = 'a-token-of-the-operator';
const localToken = 'local_token-of-this-machine';
const personOf = (more: Partial<Person> = {}): Person => ({
  id: 'person_1',
  login: 'ada',
  name: 'Ada',
  role: 'supervisor',
  profile: newProfile,
  codeRequired: false,
  disabled: false,
  hasCode: false,
  mustChangePassword: false,
  createdAtEpochMs: 0,
  ...more,
});

interface Settings {
  readonly apiToken?: string;
  /** Somebody who is logged in with the token `s`; with anybody Kefu is set up. */
  readonly person?: Person;
  readonly publicUrl?: string;
  readonly route?: RouteAccess;
}

function accessOf({ apiToken, person, publicUrl }: Settings) {
  const session = { id: 'session_1', personId: 'person_1', startedAtEpochMs: 0, seenAtEpochMs: 0 };
  return createAccess({
    people: {
      isSetUp: () => Promise.resolve(person !== undefined),
      get: () => Promise.resolve(person),
    },
    sessions: {
      find: (given) =>
        Promise.resolve(given === 's' ? { ...session, address: '127.0.0.1', browser: 'test' } : undefined),
    },
    apiToken,
    localToken,
    publicUrl,
  });
}

/** The status and body that a request to a guarded route is answered with. */
async function ask(settings: Settings, request: InjectOptions) {
  const app = fastify();
  installGuard(app, accessOf(settings));
  const config = { access: settings.route ?? forRoles('supervisor').access };
  app.route({ method: ['GET', 'POST'], url: '/api/calls', config, handler: () => ({ calls: [] }) });
  const { statusCode, body } = await app.inject({
    url: '/api/calls',
    remoteAddress: '127.0.0.1',
    ...request,
    headers: { host: 'localhost:8080', ...request.headers },
  });
  await app.close();
  return { status: statusCode, body };
}
const bearer = (value: string, scheme = 'Bearer') => ({ authorization: `${scheme} ${value}` });
const away = { remoteAddress: '192.0.2.7' };

describe('the API of a Kefu without a token that is not set up', () => {
  it('serves programs and pages of this machine', async () => {
    expect((await ask({}, {})).status).toBe(200);
    expect((await ask({}, { remoteAddress: '::1', headers: { host: '[::1]:8080' } })).status).toBe(200);
    expect((await ask({}, { remoteAddress: '::ffff:127.0.0.1' })).status).toBe(200);
    expect((await ask({}, { headers: { origin: 'http://localhost:8080' } })).status).toBe(200);
  });

  it.each([
    ['another machine', away],
    ['a proxy on this machine', { headers: { 'x-forwarded-for': '192.0.2.7' } }],
    ['a tunnel on this machine', { headers: { forwarded: 'for=192.0.2.7' } }],
    ['a page of another site', { headers: { origin: 'https://elsewhere.example' } }],
    ['a page of another port', { headers: { origin: 'http://localhost:3000' } }],
    ['a page from a file', { headers: { origin: 'null' } }],
    ['a host name that was pointed here', { headers: { host: 'rebound.example' } }],
  ])('refuses %s and says what to set', async (_who, request) => {
    const { status, body } = await ask({}, request);
    expect(status).toBe(403);
    expect(body).toContain('KEFU_API_TOKEN');
    expect(body).not.toContain('calls');
  });

  it('takes no token for one', async () => {
    expect((await ask({}, { ...away, headers: bearer('undefined') })).status).toBe(403);
  });
});

describe('the API of a Kefu with a token', () => {
  const settings = { apiToken: token };

  it('serves whoever sends it, from wherever', async () => {
    expect((await ask(settings, { ...away, headers: bearer(token) })).status).toBe(200);
    expect((await ask(settings, { ...away, headers: bearer(token, 'bearer') })).status).toBe(200);
    const headers = { ...bearer(token), origin: 'https://elsewhere.example' };
    expect((await ask(settings, { ...away, headers })).status).toBe(200);
    expect((await ask({ ...settings, person: personOf() }, { ...away, headers })).status).toBe(200);
  });

  it('still serves this machine without it, until Kefu is set up', async () => {
    expect((await ask(settings, {})).status).toBe(200);
    expect((await ask({ ...settings, person: personOf() }, {})).status).toBe(401);
  });

  it.each([
    ['no token', {}],
    ['a wrong token', bearer('another-token-of-16')],
    ['the token and more', bearer(`${token}x`)],
    ['a part of the token', bearer(token.slice(0, -1))],
    ['another scheme', bearer(token, 'Basic')],
  ])('asks for it after %s', async (_what, headers) => {
    const { status, body } = await ask(settings, { ...away, headers });
    expect(status).toBe(401);
    expect(body).toContain('Authorization: Bearer');
    expect(body).not.toContain(token);
  });

  it('opens nothing where none is configured', () => {
    const request = { headers: bearer(token), socket: {} };
    expect(hasApiToken(request, undefined)).toBe(false);
    expect(hasApiToken(request, token)).toBe(true);
  });
});

describe('the local token', () => {
  it('lets programs of this machine in, and nobody else', async () => {
    const settings = { person: personOf() };
    expect((await ask(settings, { headers: bearer(localToken) })).status).toBe(200);
    expect((await ask(settings, { ...away, headers: bearer(localToken) })).status).toBe(401);
    const proxied = { ...bearer(localToken), 'x-forwarded-for': '192.0.2.7' };
    expect((await ask(settings, { headers: proxied })).status).toBe(401);
  });
});

describe('a session', () => {
  const cookie = { cookie: 'theme=dark; kefu_session=s' };

  it('opens what the role may do', async () => {
    expect((await ask({ person: personOf() }, { ...away, headers: cookie })).status).toBe(200);
    const agent = await ask({ person: personOf({ role: 'agent' }) }, { ...away, headers: cookie });
    expect(agent).toMatchObject({ status: 403, body: expect.stringContaining('agent') as string });
    expect((await ask({ person: personOf({ disabled: true }) }, { headers: cookie })).status).toBe(401);
    const other = { cookie: 'kefu_session=t' };
    expect((await ask({ person: personOf() }, { headers: other })).status).toBe(401);
  });

  it.each([
    ['password', { mustChangePassword: true }],
    ['code', { codeRequired: true }],
  ])('opens nothing but the own account before the %s is what it must be', async (needs, more) => {
    const person = personOf(more);
    const { status, body } = await ask({ person }, { headers: cookie });
    expect([status, (JSON.parse(body) as { needs: string }).needs]).toEqual([403, needs]);
    expect((await ask({ person, route: 'session' }, { headers: cookie })).status).toBe(200);
  });

  it('writes for pages of this server only', async () => {
    const settings = { person: personOf(), publicUrl: 'https://kefu.example.com' };
    const post = (origin?: string) =>
      ask(settings, {
        ...away,
        method: 'POST',
        headers: { ...cookie, ...(origin !== undefined && { origin }) },
      });
    expect((await post('http://localhost:8080')).status).toBe(200);
    expect((await post()).status).toBe(401);
    for (const origin of ['https://elsewhere.example', 'http://localhost:3000', 'null'])
      expect((await post(origin)).status).toBe(403);
  });

  it('has a cookie that pages cannot read, other sites cannot send, and https alone carries where there is https', () => {
    const plain = accessOf({}).cookie({ headers: { host: 'localhost:8080' }, socket: {} }, 's');
    expect(plain).toMatch(/^kefu_session=s; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
    const secure = [
      { headers: { host: 'kefu.example.com' }, socket: {} },
      { headers: { host: 'internal', 'x-forwarded-proto': 'https' }, socket: {} },
    ];
    const access = accessOf({ publicUrl: 'https://kefu.example.com' });
    for (const request of secure)
      expect(access.cookie(request, 's')).toMatch(/^__Host-kefu_session=s; .*SameSite=Strict; .*; Secure$/);
    expect(access.cookie(secure[0] ?? { headers: {}, socket: {} })).toMatch(
      /^__Host-kefu_session=; .*Max-Age=0; /,
    );
  });
});

describe('who wants to open a WebSocket', () => {
  type Upgrade = Parameters<ReturnType<typeof accessOf>['authenticate']>[0];
  const upgrade = (headers: Record<string, string>): Upgrade =>
    ({
      method: 'GET',
      headers: { host: 'localhost:8080', upgrade: 'websocket', cookie: 'kefu_session=s', ...headers },
      socket: { remoteAddress: '192.0.2.7' },
    }) as unknown as Upgrade;
  const authenticate = (
    headers: Record<string, string>,
    person = personOf(),
  ): Promise<Identity | undefined> => accessOf({ person }).authenticate(upgrade(headers));
  const origin = 'http://localhost:8080';

  it('is the person of the session, for a page of this server', async () => {
    expect(await authenticate({ origin })).toMatchObject({ person: { name: 'Ada' }, sessionId: 'session_1' });
    expect(await authenticate({ origin: 'https://elsewhere.example' })).toBeUndefined();
    expect(await authenticate({})).toBeUndefined();
    expect(await authenticate({ origin }, personOf({ mustChangePassword: true }))).toBeUndefined();
  });
});

describe('a route', () => {
  it('that does not say who may use it keeps the server from starting', async () => {
    const app = fastify();
    installGuard(app, accessOf({}));
    app.get('/api/forgotten', () => ({}));
    await expect(app.ready()).rejects.toThrow('GET /api/forgotten');
  });

  it('of a plugin that is open to all needs to say nothing', async () => {
    const app = fastify();
    const routes = installGuard(app, accessOf({ person: personOf() }));
    await app.register(
      openToAll((plugin, _options, done) => {
        plugin.post('/webhook', () => ({ taken: true }));
        done();
      }),
    );
    expect((await app.inject({ method: 'POST', url: '/webhook' })).statusCode).toBe(200);
    expect((await app.inject('/nothing')).statusCode).toBe(404);
    expect(routes).toEqual([{ method: 'POST', url: '/webhook', access: 'open' }]);
    await app.close();
  });
});

describe('the address of a request', () => {
  it('is that of the socket, or what a proxy on this machine saw last', () => {
    const forwarded = { 'x-forwarded-for': '10.9.9.9, 192.0.2.7' };
    expect(addressOf({ socket: { remoteAddress: '::ffff:127.0.0.1' }, headers: {} })).toBe('127.0.0.1');
    expect(addressOf({ socket: { remoteAddress: '127.0.0.1' }, headers: forwarded })).toBe('192.0.2.7');
    expect(addressOf({ socket: { remoteAddress: '198.51.100.1' }, headers: forwarded })).toBe('198.51.100.1');
  });
});
