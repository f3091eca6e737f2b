import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLocalToken } from '../../../src/app/local-token.ts';
import type { DeskFlow } from '../../../src/core/desk-flows.ts';
import type { CallEvent } from '../../../src/core/events.ts';
import { bodiesOf } from '../../support/call-fakes.ts';
import { connectDesk, type DeskClient } from '../../support/desk-client.ts';
import { complaints, eventually, startKefu, type KefuInProcess } from '../../support/running-kefu.ts';
import { setUpStaff, type LoggedIn } from '../../support/staff.ts';
import { TextCaller } from '../../support/text-caller.ts';

/** A text conversation of the demo shop that Anna has in hand; Ben only has a log-in. */
let kefu: KefuInProcess;
let anna: LoggedIn;
let ben: LoggedIn;
let desk: DeskClient;
let caller: TextCaller;
let callId: string;

beforeAll(async () => {
  kefu = await startKefu({});
  const staff = await setUpStaff(kefu.url);
  anna = await staff.add('anna', 'agent');
  ben = await staff.add('ben', 'agent');
  desk = await connectDesk(kefu.url, anna);
  desk.send({ type: 'hello', language: 'en' });
  await desk.until('welcome');
  desk.send({ type: 'choose', choice: { state: 'available' } });
  await desk.until('agent', ({ agent }) => agent.state === 'available');
  ({ caller } = await TextCaller.start(kefu.url));
  caller.peer.send({ type: 'text', text: 'I want to talk to a person' });
  const { card } = await desk.until('offer');
  callId = card.call.callId;
  desk.send({ type: 'accept', entryId: card.entryId });
  await desk.until('conversation');
});
afterAll(async () => {
  await caller.leave();
  await desk.close();
  await kefu.close();
});

async function ask(who: LoggedIn, method: string, path: string, body?: object) {
  const response = await fetch(`${kefu.url}/api/desk/${path}`, {
    method,
    headers: { cookie: who.cookie, origin: kefu.url, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as unknown };
}

/** Answers questions as they come, up to the read-back of a change. */
async function untilReadBack(intent: string): Promise<DeskFlow> {
  const started = await ask(anna, 'POST', 'flows', { callId, intent, language: 'en' });
  expect(started).toMatchObject({ status: 200 });
  let flow = started.body as DeskFlow;
  for (let questions = 0; questions < 15 && flow.question?.changes === false; questions += 1) {
    const { kind, expects, choices } = flow.question;
    const [first] = choices;
    const answer =
      kind === 'confirm'
        ? { kind, yes: true }
        : first
          ? { kind: 'choose', ids: [first.id] }
          : { kind: 'text', text: expects === 'email' ? 'emma.carter@example.com' : '1' };
    flow = (await ask(anna, 'POST', `flows/${flow.id}/answer`, answer)).body as DeskFlow;
  }
  expect(flow.question, JSON.stringify(flow.lines)).toMatchObject({ kind: 'confirm', changes: true });
  return flow;
}

async function notes(): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const headers = { authorization: `Bearer ${(await readLocalToken(kefu.dataDir)) ?? ''}` };
  const response = await fetch(`${kefu.url}/api/calls/${callId}`, { headers });
  const { events } = (await response.json()) as { events: readonly CallEvent[] };
  return bodiesOf(events, 'note').flatMap(({ name, data }) => (name === 'desk-flow' ? [data] : []));
}

describe('flows and suggestions at the desk of a running Kefu', () => {
  it('are for the agent who has the conversation', async () => {
    expect(await ask(ben, 'POST', 'flows', { callId, intent: 'return_item', language: 'en' })).toMatchObject({
      status: 404,
    });
    expect(await ask(ben, 'GET', `suggestions/${callId}`)).toMatchObject({ status: 404 });
    expect(await ask(anna, 'POST', 'flows', { callId })).toMatchObject({ status: 400 });
  });

  it('make a return after the click, with a note in the record and no call of their own', async () => {
    const { id } = await untilReadBack('return_item');
    const typed = await ask(anna, 'POST', `flows/${id}/answer`, { kind: 'text', text: 'yes' });
    expect(typed.status).toBe(404);
    const done = await ask(anna, 'POST', `flows/${id}/answer`, { kind: 'confirm', yes: true });
    const flow = done.body as DeskFlow;
    expect(flow.changes).toEqual([{ operation: 'createReturn', ok: true, code: null }]);
    if (flow.outcome === null) await ask(anna, 'DELETE', `flows/${flow.id}`);
    const [note] = await eventually(async () => {
      const found = await notes();
      return found.length > 0 ? found : undefined;
    }, 'the note');
    expect(note).toMatchObject({ name: 'Anna', intent: 'return_item', changes: flow.changes });
    expect(String(note?.told)).toContain('return number');
    const headers = { authorization: `Bearer ${(await readLocalToken(kefu.dataDir)) ?? ''}` };
    const list = await fetch(`${kefu.url}/api/calls`, { headers });
    const { calls } = (await list.json()) as { calls: readonly unknown[] };
    expect(calls).toHaveLength(1);
    const audit = await fetch(`${kefu.url}/api/audit?action=call.desk-flow`, { headers });
    expect(((await audit.json()) as { entries: readonly unknown[] }).entries).toHaveLength(1);
  });

  it('leave an order as it is after Cancel', async () => {
    const { id } = await untilReadBack('cancel_order');
    const left = await ask(anna, 'POST', `flows/${id}/answer`, { kind: 'confirm', yes: false });
    expect(left.body).toMatchObject({ outcome: 'done', changes: [], done: [] });
    expect(await ask(anna, 'DELETE', `flows/${id}`)).toMatchObject({ status: 404 });
  });

  it('suggest the answer to what the caller asks', async () => {
    caller.peer.send({ type: 'text', text: 'What are your opening hours?' });
    await desk.until('line', ({ line }) => line.who === 'caller' && line.text.includes('opening'));
    const { status, body } = await ask(anna, 'GET', `suggestions/${callId}`);
    expect(status).toBe(200);
    expect(JSON.stringify(body)).toContain('Monday to Saturday');
    expect(complaints(kefu.log)).toEqual([]);
  });
});
