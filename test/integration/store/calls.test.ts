import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import type { CallEvent } from '../../../src/core/events.ts';
import type { CallStore } from '../../../src/core/store.ts';
import { createCallStore } from '../../../src/store/calls.ts';
import { callEnded, callStarted, eventScript, noted, scriptStartEpochMs } from '../../support/call-events.ts';
import { briefingOf } from '../../support/people-call.ts';
import { createCapturedLog } from '../../support/captured-log.ts';
import { databaseKinds, type DatabaseUnderTest } from './databases.ts';

describe.each(databaseKinds)('calls in $kind', (tested) => {
  let under: DatabaseUnderTest;
  let store: CallStore;
  const log = createCapturedLog();
  const recorded = new Set<string>();

  beforeAll(async () => {
    under = await tested.open();
    store = createCallStore(under.database, {
      clock: systemClock,
      log,
      hasRecording: (callId) => Promise.resolve(recorded.has(callId)),
    });
  });

  afterAll(async () => {
    await store.close();
    await under.close();
  });

  const appendAll = (events: readonly CallEvent[]): Promise<unknown> =>
    Promise.all(events.map((event) => store.append(event)));

  it('finds earlier calls of the same customer or number, newest first, and no others', async () => {
    const number = '+15551239999';
    const begin = async (from: string, minute: number, customerId?: string): Promise<string> => {
      const script = eventScript();
      const at = (body: CallEvent['body']): CallEvent => ({
        ...script.next(body),
        atEpochMs: scriptStartEpochMs + minute * 60_000,
      });
      const customer = customerId === undefined ? null : { id: customerId, name: 'Mia', verifiedBy: '' };
      const briefing = { ...briefingOf(script.callId), customer };
      await appendAll([
        at(callStarted({ from })),
        at({ type: 'transfer', skill: 'general', target: 'queue', briefing, ok: null, code: null }),
      ]);
      return script.callId;
    };
    const byNumber = await begin(number, 1);
    const byCustomer = await begin('+15551238888', 2, 'customer_earlier');
    await begin('+15551237777', 3, 'customer_other');
    await begin('', 4);
    const now = await begin(number, 5, 'customer_earlier');
    await begin(number, 6);
    const earlier = async (changes: { customerId?: string; number?: string; limit?: number }) => {
      const found = await store.earlier({ callId: now, customerId: undefined, number, limit: 5, ...changes });
      return found.map(({ callId }) => callId);
    };
    expect(await earlier({ customerId: 'customer_earlier' })).toEqual([byCustomer, byNumber]);
    expect(await earlier({ customerId: 'customer_earlier', limit: 1 })).toEqual([byCustomer]);
    expect(await earlier({})).toEqual([byNumber]);
    expect(await earlier({ number: '' })).toEqual([]);
  });

  it('keeps the events of a call in order, and its summary', async () => {
    const script = eventScript();
    const events = [
      script.next(callStarted({ language: 'zh' })),
      script.next(noted({ flow: 'welcome' })),
      script.next({ type: 'digits', digits: '123#' }),
    ];
    await appendAll(events);
    expect(await store.events(script.callId, 0)).toEqual(events);
    expect(await store.events(script.callId, 2)).toEqual(events.slice(2));
    expect(await store.get(script.callId)).toEqual({
      callId: script.callId,
      gateway: 'twilio',
      channel: 'voice',
      from: '+15551230001',
      to: '+15559870001',
      language: 'zh',
      startedAtEpochMs: scriptStartEpochMs + 10,
      endedAtEpochMs: null,
      outcome: null,
      hasRecording: false,
    });
    recorded.add(script.callId);
    await store.append(script.next(callEnded('transferred')));
    expect(await store.get(script.callId)).toMatchObject({
      endedAtEpochMs: scriptStartEpochMs + 40,
      outcome: 'transferred',
      hasRecording: true,
    });
  });

  it('opens a call again that comes back after its end', async () => {
    const script = eventScript();
    await appendAll([
      script.next(callStarted()),
      script.next(callEnded('transferred')),
      script.next(callStarted({ resumed: true })),
    ]);
    expect(await store.get(script.callId)).toMatchObject({
      startedAtEpochMs: scriptStartEpochMs + 10,
      endedAtEpochMs: null,
      outcome: null,
    });
  });

  it('lists calls newest first, page by page', async () => {
    const calls: string[] = [];
    for (let index = 0; index < 7; index += 1) {
      // Two of them begin in the same millisecond.
      const script = eventScript(scriptStartEpochMs + 3_600_000 + Math.max(1, index) * 1000);
      calls.unshift(script.callId);
      await store.append(script.next(callStarted()));
    }
    const listed: string[] = [];
    let before: string | undefined;
    while (listed.length < 7) {
      const page = await store.list({ limit: 3, ...(before !== undefined && { before }) });
      listed.push(...page.map(({ callId }) => callId));
      before = page.at(-1)?.callId;
    }
    expect(new Set(listed.slice(0, 7))).toEqual(new Set(calls));
    expect(listed.slice(0, 5)).toEqual(calls.slice(0, 5));
    await expect(store.list({ limit: 3, before: 'call_unknown' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('knows nothing of a call that never was', async () => {
    expect(await store.get('call_unknown')).toBeUndefined();
    expect(await store.events('call_unknown', 0)).toEqual([]);
  });

  it('shows a reader everything appended before, without being asked to wait', async () => {
    const script = eventScript();
    const writes = [store.append(script.next(callStarted()))];
    for (let index = 0; index < 1200; index += 1) writes.push(store.append(script.next(noted({ index }))));
    expect(await store.events(script.callId, 0)).toHaveLength(1201);
    expect((await store.get(script.callId))?.callId).toBe(script.callId);
    await Promise.all(writes);
  });

  it('keeps any text as it was said', async () => {
    const script = eventScript();
    await store.append(script.next(callStarted({ from: 'zero\u0000byte', to: `'"\\{},NULL 客服 😀` })));
    expect(await store.get(script.callId)).toMatchObject({ from: 'zerobyte', to: `'"\\{},NULL 客服 😀` });
    const text = fc.string({
      unit: fc.oneof(
        fc.constantFrom('\u0000', '\ud800', '"', '\\', '{', '}', ',', "'", '\n', '客', '😀'),
        fc.string({ minLength: 1, maxLength: 1 }),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 5 }), async (texts) => {
        const events = texts.map((value) => script.next(noted({ value })));
        await appendAll(events);
        expect(await store.events(script.callId, (events[0]?.seq ?? 0) - 1)).toEqual(events);
      }),
      { numRuns: 30 },
    );
  });

  it('takes an event that is written again as written, and refuses another one with its number', async () => {
    const script = eventScript();
    const first = script.next(callStarted());
    const second = script.next(noted({ value: 1 }));
    await appendAll([first, second, second]);
    await store.append(first);
    const other = { ...second, body: noted({ value: 2 }) };
    const third = script.next(noted({ value: 3 }));
    const results = await Promise.allSettled([store.append(other), store.append(third)]);
    expect(results).toMatchObject([
      { status: 'rejected', reason: { code: 'internal' } },
      { status: 'fulfilled' },
    ]);
    expect(await store.events(script.callId, 0)).toEqual([first, second, third]);
  });

  it('passes over events of types it does not know, and says so of those it should', async () => {
    const script = eventScript();
    const started = script.next(callStarted());
    await store.append(started);
    await under.database.query(
      `insert into call_events (call_id, seq, at_epoch_ms, type, body) values
         ($1, 2, 0, 'from-the-future', '{"type":"from-the-future","x":1}'),
         ($1, 3, 0, 'digits', '{"type":"digits","digits":7}')`,
      [script.callId],
    );
    expect(await store.events(script.callId, 0)).toEqual([started]);
    expect(log.find('a kept event cannot be understood').map(({ fields }) => fields.seq)).toEqual([3]);
  });

  it('is ready while it is open', async () => {
    expect(await store.ready()).toBe(true);
    await store.flush();
    const other = createCallStore(under.database, { clock: systemClock, log });
    await other.close();
    await other.close();
    expect(await other.ready()).toBe(false);
    await expect(other.append(eventScript().next(callStarted()))).rejects.toMatchObject({
      code: 'store_unavailable',
    });
  });

  it('keeps all or nothing of a transaction', async () => {
    const { callId } = eventScript();
    const work = under.database.transaction(async (transaction) => {
      await transaction.query(
        `insert into call_snapshots (call_id, snapshot, expires_at_epoch_ms) values ($1, '{}', 0)`,
        [callId],
      );
      await transaction.query('select nonsense');
    });
    await expect(work).rejects.toMatchObject({ code: 'internal' });
    expect(await under.database.query('select 1 from call_snapshots where call_id = $1', [callId])).toEqual(
      [],
    );
  });
});
