import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAccess } from '../../../src/app/access.ts';
import { callRoutes } from '../../../src/app/routes/calls.ts';
import { installGuard } from '../../../src/app/routes/guard.ts';
import { healthRoutes } from '../../../src/app/routes/health.ts';
import type { AuditLog } from '../../../src/core/audit.ts';
import { systemClock } from '../../../src/core/clock.ts';
import type { CallEvent, CallEventBody } from '../../../src/core/events.ts';
import type { CallStore, CallSummary, RecordingStore } from '../../../src/core/store.ts';
import { createEventBus } from '../../../src/observe/bus.ts';
import { createMetrics } from '../../../src/observe/metrics.ts';
import { createAuditLog } from '../../../src/store/audit.ts';
import { createCallStore } from '../../../src/store/calls.ts';
import { openDatabase, type Database } from '../../../src/store/database.ts';
import { createRecordingStore } from '../../../src/store/recordings.ts';
import { createCapturedLog } from '../../support/captured-log.ts';

const log = createCapturedLog();
const bus = createEventBus(log);
const capacity = { calls: 20, source: 'measured', limitedBy: 'cores', active: 3 } as const;
const problems: string[] = [];
let directory = '';
let database: Database;
let store: CallStore;
let recordings: RecordingStore;
let audit: AuditLog;
let server: FastifyInstance;
let address = '';

const started: CallEventBody = {
  type: 'call-started',
  gateway: 'twilio',
  gatewayCallId: 'CA1',
  channel: 'voice',
  from: '+12125550101',
  to: '+18005550100',
  language: 'en',
  resumed: false,
  flowsVersion: '1',
};
const ended: CallEventBody = {
  type: 'call-ended',
  reason: 'we-hung-up',
  outcome: 'resolved',
  durationMs: 1000,
};

/** Keeps an event and announces it, as the recorder of a call does. */
async function happen(callId: string, seq: number, body: CallEventBody): Promise<void> {
  const event = { callId, seq, atEpochMs: 1_700_000_000_000 + seq, body };
  const kept = store.append(event);
  bus.publish('call-event', event);
  await kept;
}

/** Reads events of a stream until `count` have come or it ends. */
async function readEvents(
  path: string,
  count: number,
  headers: Record<string, string> = {},
): Promise<CallEvent[]> {
  const abort = new AbortController();
  const response = await fetch(address + path, { headers, signal: abort.signal });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const events: CallEvent[] = [];
  let rest = '';
  if (!response.body) throw new Error('The stream has no body.');
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + part).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) events.push(JSON.parse(data) as CallEvent);
    }
    if (events.length >= count) break;
  }
  abort.abort();
  return events;
}

const get = (path: string, headers: Record<string, string> = {}) => fetch(address + path, { headers });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kefu-api-'));
  database = await openDatabase({ url: undefined, directory: join(directory, 'database'), log });
  recordings = createRecordingStore({ directory: join(directory, 'recordings'), log });
  const hasRecording = async (callId: string) => (await recordings.path(callId)) !== undefined;
  store = createCallStore(database, { clock: systemClock, log, hasRecording });
  server = fastify({ forceCloseConnections: true });
  const access = createAccess({
    people: { isSetUp: () => Promise.resolve(false), get: () => Promise.resolve(undefined) },
    sessions: { find: () => Promise.resolve(undefined) },
    apiToken: undefined,
    localToken: '',
    publicUrl: undefined,
  });
  installGuard(server, access);
  audit = createAuditLog(database, { clock: systemClock });
  await server.register(callRoutes, { store, recordings, bus, log, audit });
  const metrics = createMetrics(bus, { activeCalls: () => 3, capacityCalls: () => 20 });
  const options = { metrics, capacity: () => capacity, problems: () => Promise.resolve(problems) };
  await server.register(healthRoutes, options);
  address = await server.listen({ host: '127.0.0.1', port: 0 });
  for (let call = 1; call <= 5; call += 1) {
    await happen(`call_${String(call)}`, 1, started);
    await happen(`call_${String(call)}`, 2, ended);
  }
});

afterAll(async () => {
  await server.close();
  await store.close();
  await database.close();
  await rm(directory, { recursive: true, force: true });
});

describe('the list of calls', () => {
  it('comes newest first, page by page, without repeating or leaving one out', async () => {
    const ids: string[] = [];
    for (let page = 0; page < 3; page += 1) {
      const before = ids.at(-1);
      const response = await get(`/api/calls?limit=2${before === undefined ? '' : `&before=${before}`}`);
      const { calls } = (await response.json()) as { calls: CallSummary[] };
      ids.push(...calls.map(({ callId }) => callId));
    }
    expect(ids).toEqual(['call_5', 'call_4', 'call_3', 'call_2', 'call_1']);
  });

  it.each(['limit=0', 'limit=many', 'limit=100000'])('refuses %s with what is allowed', async (query) => {
    const response = await get(`/api/calls?${query}`);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('limit');
  });

  it('says so when the page before is of no known call', async () => {
    expect((await get('/api/calls?before=call_none')).status).toBe(404);
  });
});

describe('one call', () => {
  it('has its summary and its events in order', async () => {
    const body = (await (await get('/api/calls/call_1')).json()) as {
      call: CallSummary;
      events: CallEvent[];
    };
    expect(body.call).toMatchObject({ callId: 'call_1', outcome: 'resolved', hasRecording: false });
    expect(body.events.map(({ body: { type } }) => type)).toEqual(['call-started', 'call-ended']);
  });

  it.each(['', '/events', '/recording.wav'])('is not found at an unknown id%s', async (path) => {
    const response = await get(`/api/calls/call_none${path}`);
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('call_none');
  });
});

describe('the events of a call', () => {
  it('stream past and present without a gap or a double, and the stream ends with the call', async () => {
    await happen('call_live', 1, started);
    await happen('call_live', 2, { type: 'digits', digits: '1' });
    const reading = readEvents('/api/calls/call_live/events', 100);
    for (let seq = 3; seq <= 40; seq += 1)
      await happen('call_live', seq, { type: 'digits', digits: String(seq) });
    await happen('call_live', 41, ended);
    expect((await reading).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 41 }, (_, index) => index + 1),
    );
  });

  it('go on after the last one a reader has seen', async () => {
    const events = await readEvents('/api/calls/call_live/events', 1, { 'last-event-id': '39' });
    expect(events.map(({ seq }) => seq)).toEqual([40, 41]);
  });

  it('go on over an end that was not the last: a transfer that nobody took brings the call back', async () => {
    await happen('call_back', 1, started);
    await happen('call_back', 2, { ...ended, outcome: 'transferred' });
    await happen('call_back', 3, { ...started, resumed: true });
    const reading = readEvents('/api/calls/call_back/events', 100);
    await happen('call_back', 4, { type: 'digits', digits: '1' });
    await happen('call_back', 5, ended);
    expect((await reading).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    // Now that it is over for good, its events are all there is, and a reader who has them all is not kept waiting.
    const again = await readEvents('/api/calls/call_back/events', 100);
    expect(again.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(await readEvents('/api/calls/call_back/events', 100, { 'last-event-id': '5' })).toEqual([]);
  });

  it('leave no listener behind when a reader goes away', async () => {
    await happen('call_open', 1, started);
    await readEvents('/api/calls/call_open/events', 1);
    await happen('call_open', 2, ended);
    expect((await get('/healthz')).status).toBe(200);
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('a recording', () => {
  it('is given whole and by range', async () => {
    const writer = recordings.open('call_1', 8000);
    writer.write('caller', 0, new Int16Array(8000).fill(1000));
    writer.write('kefu', 0, new Int16Array(8000).fill(-1000));
    await writer.close();
    const whole = Buffer.from(await (await get('/api/calls/call_1/recording.wav')).arrayBuffer());
    expect(whole.toString('latin1', 0, 4)).toBe('RIFF');
    expect(whole.readInt16LE(44)).toBe(1000);
    expect(whole.readInt16LE(46)).toBe(-1000);
    const part = await get('/api/calls/call_1/recording.wav', { range: 'bytes=44-47' });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes 44-47/${String(whole.length)}`);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(whole.subarray(44, 48));
    const beyond = await get('/api/calls/call_1/recording.wav', { range: 'bytes=99999999-' });
    expect(beyond.status).toBe(416);
    const body = (await (await get('/api/calls/call_1')).json()) as { call: CallSummary };
    expect(body.call.hasRecording).toBe(true);
    // Listening is accounted for, once and not for every part that a player asks for.
    expect(await audit.list({ limit: 10 })).toMatchObject([
      { action: 'call.recording-heard', subject: 'call_1', actor: { personId: null, address: '127.0.0.1' } },
    ]);
  });
});

describe('health', () => {
  it('tells readiness and what is missing', async () => {
    expect(await (await get('/readyz')).json()).toEqual({ ready: true, problems: [], capacity });
    problems.push('the database does not answer');
    const response = await get('/readyz');
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      ...{ ready: false, problems: ['the database does not answer'], capacity },
    });
    problems.pop();
  });

  it('counts what happened in Prometheus form', async () => {
    bus.publish('call-refused', { gateway: 'sip', reason: 'full' });
    const text = await (await get('/metrics')).text();
    expect(text).toMatch(/^kefu_calls_active 3$/m);
    expect(text).toMatch(/^kefu_capacity_calls 20$/m);
    expect(text).toMatch(/^kefu_calls_refused_total\{reason="full"\} 1$/m);
    expect(text).toMatch(/^kefu_calls_started_total\{gateway="twilio"\} 9$/m);
    expect(text).toMatch(/^kefu_calls_ended_total\{outcome="resolved",reason="we-hung-up"\} 8$/m);
  });
});
