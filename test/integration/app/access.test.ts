import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { roles, type Role } from '../../../src/core/people.ts';
import { readLocalToken } from '../../../src/app/local-token.ts';
import { startKefu, type KefuInProcess } from '../../support/running-kefu.ts';

/*
 * Who may use each route: A agent, S supervisor, E engineer, D administrator; `open`: also who is not logged in; `session`: who is
 * logged in, but no program. A route that is not here fails the test: decide who needs it, and write it down.
 */
const table: Readonly<Record<string, string>> = {
  'GET /': 'open',
  'GET /account': 'open',
  'GET /api/account': 'session',
  'DELETE /api/account/code': 'session',
  'POST /api/account/code': 'session',
  'POST /api/account/code/confirm': 'session',
  'POST /api/account/password': 'session',
  'DELETE /api/account/sessions': 'session',
  'DELETE /api/account/sessions/:id': 'session',
  'GET /api/audit': 'D',
  'GET /api/calls': 'SED',
  'GET /api/calls/:id': 'SED',
  'GET /api/calls/:id/events': 'SED',
  'GET /api/calls/:id/recording.wav': 'SD',
  'GET /api/demo': 'ASED',
  'GET /api/desk/calls/:callId/earlier': 'ASD',
  'GET /api/desk/customer/:id': 'ASD',
  'GET /api/desk/flows': 'ASD',
  'POST /api/desk/flows': 'ASD',
  'DELETE /api/desk/flows/:id': 'ASD',
  'POST /api/desk/flows/:id/answer': 'ASD',
  'GET /api/desk/messages': 'ASD',
  'POST /api/desk/messages/:callId/settle': 'ASD',
  'POST /api/desk/messages/:callId/take': 'ASD',
  'GET /api/desk/suggestions/:callId': 'ASD',
  'GET /api/desk/voicemail/:id': 'ASD',
  'GET /api/figures': 'SED',
  'GET /api/flows': 'SD',
  'POST /api/flows': 'SD',
  'GET /api/flows/:number': 'SD',
  'POST /api/flows/rollback': 'SD',
  'GET /api/people': 'SD',
  'POST /api/people': 'D',
  'PATCH /api/people/:id': 'D',
  'DELETE /api/people/:id/code': 'D',
  'POST /api/people/:id/password': 'D',
  'DELETE /api/session': 'session',
  'GET /api/session': 'open',
  'POST /api/session': 'open',
  'POST /api/set-up': 'open',
  'GET /api/telephony/calls': 'ED',
  'GET /api/telephony/calls/:id/ladder': 'ED',
  'GET /api/telephony/calls/:id/pcap': 'ED',
  'GET /api/telephony/trunks': 'ED',
  'POST /api/telephony/trunks/reload': 'ED',
  'GET /audit': 'open',
  'GET /calls': 'open',
  'GET /calls/:id': 'open',
  'GET /desk': 'open',
  'GET /figures': 'open',
  'GET /healthz': 'open',
  'GET /metrics': 'ED',
  'GET /people': 'open',
  'GET /readyz': 'open',
  'GET /set-up': 'open',
  'GET /supervise': 'open',
  'POST /twilio/action': 'open',
  'POST /twilio/answered': 'open',
  'POST /twilio/status': 'open',
  'POST /twilio/voice': 'open',
};
const letters: Record<Role, string> = { agent: 'A', supervisor: 'S', engineer: 'E', administrator: 'D' };

const apiToken = 'the-token-of-the-operator';
const password = 'plum violin harbour';
let kefu: KefuInProcess;
/** Routes as `GET /api/calls`; HEAD goes with GET. */
let routes: string[];

async function ask(method: string, path: string, headers: Record<string, string> = {}, body?: object) {
  const response = await fetch(kefu.url + path, {
    method,
    headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
    redirect: 'manual',
  });
  const text = await response.text();
  return {
    status: response.status,
    text,
    cookie: response.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '',
  };
}

/** What a page of this Kefu sends. */
const asPage = (cookie: string) => ({ cookie, origin: kefu.url });
async function logIn(login: string): Promise<string> {
  const { status, cookie, text } = await ask('POST', '/api/session', asPage(''), { login, password });
  expect(status, text).toBe(200);
  return cookie;
}

/** Asks for a route with things that are not there: what counts is whether the guard lets through. */
async function verdict(route: string, headers: Record<string, string>): Promise<'in' | 401 | 403> {
  const [method = '', url = ''] = route.split(' ');
  const path = url.replace(':number', '4711').replace(/:\w+/, 'nobody');
  // Carriers are no pages, and refuse those by themselves.
  const { origin, ...others } = headers;
  const sent = url.startsWith('/twilio') || origin === undefined ? others : { ...others, origin };
  const { status } = await ask(method, path, sent, ['GET', 'HEAD'].includes(method) ? undefined : {});
  return status === 401 || status === 403 ? status : 'in';
}

beforeAll(async () => {
  kefu = await startKefu({ KEFU_API_TOKEN: apiToken });
  routes = [...new Set(kefu.app.routes.map(({ method, url }) => `${method} ${url}`))]
    // The files of the pages are there only when they are built; they are the same for everybody.
    .filter((route) => !route.startsWith('HEAD ') && route !== 'GET /*')
    .sort();
});
afterAll(() => kefu.close());

// One after the other: Kefu is set up on the way.
describe('the routes', { retry: 0 }, () => {
  it('are those of the table', () => {
    expect(routes).toEqual(Object.keys(table).sort());
  });

  it('serve this machine as an administrator until Kefu is set up', async () => {
    for (const route of routes.filter((one) => table[one] !== 'open'))
      expect(await verdict(route, {}), route).toBe(table[route] === 'session' ? 403 : 'in');
    const elsewhere = { 'x-forwarded-for': '192.0.2.7' };
    for (const route of routes.filter((one) => table[one] !== 'open')) {
      expect(await verdict(route, elsewhere), route).toBe(401);
    }
    expect((await ask('POST', '/api/set-up', elsewhere, { login: 'x' })).status).toBe(403);
  });

  it('ask for a log-in once there is an administrator', async () => {
    const made = await ask('POST', '/api/set-up', {}, { login: 'administrator', name: 'Ada', password });
    expect(made.status, made.text).toBe(200);
    expect((await ask('POST', '/api/set-up', {}, { login: 'other', name: 'Eve', password })).status).toBe(
      409,
    );
    for (const route of routes)
      expect([route, await verdict(route, {})]).toEqual([
        route,
        // An open route may refuse what it is sent: an empty log-in is no log-in.
        table[route] === 'open' ? 'in' : 401,
      ]);
  });

  it.each(roles)('let the role %s do what the table says', async (role) => {
    if (role !== 'administrator') {
      const token = { authorization: `Bearer ${apiToken}` };
      const added = await ask('POST', '/api/people', token, { login: role, name: role, role });
      const { temporaryPassword } = JSON.parse(added.text) as { temporaryPassword: string };
      const first = await ask('POST', '/api/session', {}, { login: role, password: temporaryPassword });
      // Before the password is changed nothing is open but the account.
      expect(await verdict('GET /api/demo', asPage(first.cookie))).toBe(403);
      const next = { current: temporaryPassword, next: password };
      expect((await ask('POST', '/api/account/password', asPage(first.cookie), next)).status).toBe(204);
    }
    for (const route of routes) {
      const wanted = table[route] ?? '';
      const allowed = wanted === 'open' || wanted === 'session' || wanted.includes(letters[role]);
      // Some routes end sessions, so each gets its own.
      const cookie = await logIn(role);
      expect([route, await verdict(route, asPage(cookie))]).toEqual([route, allowed ? 'in' : 403]);
    }
  });

  it.each(['API token', 'local token'])('let programs with the %s in, but to no account', async (which) => {
    const token = which === 'API token' ? apiToken : await readLocalToken(kefu.dataDir);
    const headers = { authorization: `Bearer ${String(token)}` };
    for (const route of routes)
      expect([route, await verdict(route, headers)]).toEqual([
        route,
        table[route] === 'session' ? 403 : 'in',
      ]);
  });

  it('take nothing that a page of another site sends with the cookie of the user', async () => {
    const cookie = await logIn('administrator');
    const foreign = { cookie, origin: 'https://elsewhere.example' };
    const without = { cookie };
    for (const route of routes.filter((one) => !/^GET |twilio/.test(one))) {
      expect(await verdict(route, foreign), route).toBe(403);
      if (table[route] !== 'open') expect(await verdict(route, without), route).toBe(401);
    }
    expect(await verdict('GET /api/people', foreign)).toBe(401);
    // The session has survived all that, and a log-in from there is refused, too.
    expect(await verdict('GET /api/people', asPage(cookie))).toBe('in');
  });
});
