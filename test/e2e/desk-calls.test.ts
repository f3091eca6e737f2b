import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readLocalToken } from '../../src/app/local-token.ts';
import type { CallEvent } from '../../src/core/events.ts';
import { createCallerVoice, type CallerVoice } from '../../tools/lib/caller-voice.ts';
import { createTranscriber, type Transcriber } from '../../tools/lib/transcriber.ts';
import { connectTwilioCaller, type TwilioCaller } from '../../tools/lib/twilio-caller.ts';
import { bodiesOf } from '../support/call-fakes.ts';
import { connectDesk, type DeskClient } from '../support/desk-client.ts';
import { testModelStore } from '../support/models.ts';
import {
  complaints,
  startKefu,
  untilPromptsAreRendered,
  type KefuInProcess,
} from '../support/running-kefu.ts';
import { setUpStaff, type LoggedIn } from '../support/staff.ts';

/** Kefu has been silent for so long: the caller may speak. */
const quiet = { quietMs: 700, limitMs: 30_000 };

let kefu: KefuInProcess;
let voice: CallerVoice;
let transcriber: Transcriber;
let anna: LoggedIn;
let ben: LoggedIn;
const desks: DeskClient[] = [];
const callers: TwilioCaller[] = [];

beforeAll(async () => {
  [kefu, voice, transcriber] = await Promise.all([
    startKefu({}),
    createCallerVoice(testModelStore()),
    createTranscriber(testModelStore()),
  ]);
  await untilPromptsAreRendered(kefu);
  const staff = await setUpStaff(kefu.url);
  anna = await staff.add('anna', 'agent');
  ben = await staff.add('ben', 'agent');
});
afterEach(async () => {
  for (const caller of callers.splice(0)) await caller.hangUp();
  await Promise.all(desks.splice(0).map((desk) => desk.close()));
});
afterAll(async () => {
  await Promise.all([voice.close(), transcriber.close(), kefu.close()]);
  expect(complaints(kefu.log)).toEqual([]);
});

async function desk({ cookie }: LoggedIn, available = true): Promise<DeskClient> {
  const client = await connectDesk(kefu.url, { cookie });
  desks.push(client);
  const { agent: before } = await client.until('welcome');
  if (available && before.state !== 'available') {
    client.send({ type: 'choose', choice: { state: 'available' } });
    await client.until('agent', ({ agent }) => agent.state === 'available');
  }
  return client;
}

/** A caller who has heard the greeting. */
async function call(): Promise<TwilioCaller> {
  const caller = await connectTwilioCaller({ url: kefu.url, from: '+15550009999', to: '+18005550100' });
  callers.push(caller);
  await caller.untilQuiet(quiet);
  return caller;
}
const say = async (caller: TwilioCaller, words: string) => caller.play(await voice.say(words));

/** What the caller has heard from a line time on, in words. */
const wordsHeard = (caller: TwilioCaller, fromMs: number): Promise<string> =>
  transcriber.read(caller.heardAudio().slice(Math.max(0, Math.round(fromMs * 8))));

/** What Kefu has said in a call so far. */
async function kefuSaid({ callId = '' }: TwilioCaller): Promise<string> {
  const token = await readLocalToken(kefu.dataDir);
  const headers = { authorization: `Bearer ${token ?? ''}` };
  const response = await fetch(`${kefu.url}/api/calls/${callId}`, { headers });
  const { events } = (await response.json()) as { events: readonly CallEvent[] };
  return bodiesOf(events, 'heard')
    .map(({ text }) => text)
    .join(' ');
}
const aMoment = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('an angry caller', () => {
  it('is joined with an agent who knows why, is held, goes to a second agent, and says goodbye to Kefu', async () => {
    const first = await desk(anna);
    const second = await desk(ben, false);
    const caller = await call();
    await say(caller, 'This is outrageous! I want to speak to a human being right now!');
    const { card } = await first.until('offer');
    expect(card.briefing?.reason).toMatch(/asked-for-person|angry/);
    expect(card.transcript.some(({ who, text }) => who === 'caller' && /human/i.test(text))).toBe(true);
    expect(card.moods.length).toBeGreaterThan(0);

    const { entryId } = card;
    first.send({ type: 'accept', entryId });
    await first.until('conversation', ({ conversation }) => conversation.state === 'talking');
    const joinedMs = caller.nowMs;
    await first.say(await voice.say('Good morning, my name is Anna. How can I help you today?'));
    first.takeHeard();
    await say(caller, 'The desk lamp that I ordered arrived broken.');
    expect(await wordsHeard(caller, joinedMs)).toMatch(/help you today/i);
    await first.until('line', ({ line }) => line.who === 'caller' && /lamp/i.test(line.text));
    await first.until('line', ({ line }) => line.who === 'agent' && /help/i.test(line.text));
    expect(await transcriber.read(first.takeHeard())).toMatch(/lamp/i);

    first.send({ type: 'hold', entryId, on: true });
    await first.until('conversation', ({ conversation }) => conversation.state === 'hold');
    const heldMs = caller.nowMs;
    await aMoment(1500);
    const music = caller.playback.firstAudibleAfter(heldMs + 200);
    expect(music).toBeDefined();
    first.send({ type: 'hold', entryId, on: false });

    second.send({ type: 'choose', choice: { state: 'available' } });
    await second.until('agent', ({ agent }) => agent.state === 'available');
    first.send({
      type: 'transfer',
      entryId,
      to: { kind: 'agent', agentId: ben.id },
      note: 'She wants a new lamp.',
    });
    await first.until('conversation-ended');
    const handedOn = await second.until('offer');
    expect(handedOn.card.briefing?.done.at(-1)).toBe('Anna: She wants a new lamp.');
    second.send({ type: 'accept', entryId });
    await second.until('conversation', ({ conversation }) => conversation.state === 'talking');
    const againMs = caller.nowMs;
    await second.say(await voice.say('Hello, this is Ben. I have sent you a new lamp.'));
    await aMoment(500);
    second.send({ type: 'finish', entryId });
    const end = await caller.ended;
    expect(end.by).toBe('kefu');
    expect(await wordsHeard(caller, againMs)).toMatch(/new lamp/i);
    expect(await kefuSaid(caller)).toMatch(/bye|thank/i);
  });

  it('waits with music while nobody is free, may do without, and is answered by the flow', async () => {
    const caller = await call();
    await say(caller, 'I want to talk to a person.');
    await caller.untilQuiet({ quietMs: 100, limitMs: 3_000 });
    await aMoment(9_000);
    const waitingMs = caller.nowMs;
    expect(caller.playback.firstAudibleAfter(waitingMs - 1_000)).toBeDefined();
    await say(caller, 'Never mind.');
    await caller.untilQuiet(quiet);
    await aMoment(500);
    expect(await kefuSaid(caller)).toMatch(/next in line[\s\S]*else/i);
    const late = await desk(anna);
    await aMoment(500);
    expect(late.received.filter(({ type }) => type === 'offer')).toEqual([]);
  });
});

describe('a desk whose tab is killed', () => {
  it('leaves a caller who hears within three seconds that somebody will be there, and whom the next agent gets first', async () => {
    const first = await desk(anna);
    const caller = await call();
    await say(caller, 'I want to speak to a person, please.');
    const { card } = await first.until('offer');
    first.send({ type: 'accept', entryId: card.entryId });
    await first.until('conversation');
    await aMoment(500);
    const killedMs = caller.nowMs;
    first.kill();
    const told = await caller.waitUntil(
      () => caller.playback.firstAudibleAfter(killedMs + 100) !== undefined,
      10_000,
    );
    expect(told).toBe(true);
    expect((caller.playback.firstAudibleAfter(killedMs + 100)?.startMs ?? Infinity) - killedMs).toBeLessThan(
      3_000,
    );
    await aMoment(5_000);
    const second = await desk(ben);
    const again = await second.until('offer');
    expect(again.card.entryId).toBe(card.entryId);
    second.send({ type: 'accept', entryId: card.entryId });
    await second.until('conversation', ({ conversation }) => conversation.state === 'talking');
    expect(await kefuSaid(caller)).toMatch(/sorry/i);
  });
});
