import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCallerVoice, type CallerVoice } from '../../tools/lib/caller-voice.ts';
import { createTranscriber, type Transcriber } from '../../tools/lib/transcriber.ts';
import { connectTwilioCaller, type TwilioCaller } from '../../tools/lib/twilio-caller.ts';
import type { DeskConversation } from '../../src/core/desk.ts';
import type { ContactCentreFigures } from '../../src/core/figures.ts';
import { connectDesk, type DeskClient } from '../support/desk-client.ts';
import { testModelStore } from '../support/models.ts';
import { eventually, spawnKefu, untilPromptsAreRendered, type KefuProcess } from '../support/running-kefu.ts';
import { startPostgres, startRedis, type TestServer } from '../support/servers.ts';
import { setUpStaff, type LoggedIn } from '../support/staff.ts';

/** Kefu has been silent for so long: the caller may speak. */
const quiet = { quietMs: 700, limitMs: 60_000 };

/** What was started, the newest last: whatever of the set-up has failed, the rest is closed. */
const started: { close(): Promise<void> }[] = [];
function closeLater<Part extends { close(): Promise<void> }>(part: Part): Part {
  started.push(part);
  return part;
}
let callersNode: KefuProcess;
let desksNode: KefuProcess;
let voice: CallerVoice;
let transcriber: Transcriber;
let anna: LoggedIn;
let supervisor: LoggedIn;

/** A whole Kefu in a process of its own, linked with others of the same database and Redis. */
async function node(database: TestServer, redis: TestServer): Promise<KefuProcess> {
  const kefu = await spawnKefu((url) => ({
    KEFU_DATABASE_URL: database.url,
    KEFU_REDIS_URL: redis.url,
    KEFU_NODE_URL: url,
    KEFU_NODE_SECRET: 'a secret of all nodes',
    KEFU_RECOGNIZER_THREADS: '1',
  }));
  closeLater(kefu);
  await untilPromptsAreRendered(kefu);
  return kefu;
}

beforeAll(async () => {
  const database = closeLater(await startPostgres());
  const redis = closeLater(await startRedis());
  desksNode = await node(database, redis);
  const staff = await setUpStaff(desksNode.url);
  anna = await staff.add('anna', 'agent');
  supervisor = await staff.add('sofia', 'supervisor');
  // It reads at its start that there are people now.
  callersNode = await node(database, redis);
  voice = closeLater(await createCallerVoice(testModelStore()));
  transcriber = closeLater(await createTranscriber(testModelStore()));
}, 600_000);
afterAll(async () => {
  for (const part of started.toReversed()) await part.close();
});

/** Anna at a desk of the node where the callers are not. */
async function desk(): Promise<DeskClient> {
  const client = await connectDesk(desksNode.url, { cookie: anna.cookie });
  client.send({ type: 'choose', choice: { state: 'available' } });
  await client.until('agent', ({ agent }) => agent.state === 'available');
  return client;
}
/** How the conversation stands now, not at any time. */
const untilItStands = (agent: DeskClient, state: DeskConversation['state']) =>
  eventually(
    () =>
      agent.received.findLast((message) => message.type === 'conversation')?.conversation.state === state ||
      undefined,
    `the conversation to be ${state}`,
  );
const say = async (caller: TwilioCaller, words: string) => caller.play(await voice.say(words));
const wordsHeard = (caller: TwilioCaller, fromMs: number): Promise<string> =>
  transcriber.read(caller.heardAudio().slice(Math.max(0, Math.round(fromMs * 8))));
const aMoment = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What the queue has counted today, as a node tells it. */
async function counted(kefu: KefuProcess): Promise<{ offered: number; answered: number; abandoned: number }> {
  const response = await fetch(`${kefu.url}/api/figures`, { headers: { cookie: supervisor.cookie } });
  expect(response.status).toBe(200);
  const { queues } = (await response.json()) as ContactCentreFigures;
  const { offered = 0, answered = 0, abandoned = 0 } = queues.find(({ queue }) => queue === 'general') ?? {};
  return { offered, answered, abandoned };
}

describe('a caller on one node and an agent on another', { timeout: 600_000 }, () => {
  it('are joined, held, put back in front when the desk dies, handed back to Kefu, and counted once', async () => {
    const before = await counted(callersNode);
    let agent = await desk();
    const caller = await connectTwilioCaller({
      url: callersNode.url,
      from: '+15550009999',
      to: '+18005550100',
    });
    const hearsSomething = async (afterMs: number) =>
      caller.waitUntil(() => caller.playback.firstAudibleAfter(afterMs) !== undefined, 30_000);
    try {
      await caller.untilQuiet(quiet);
      await say(caller, 'I want to speak to a human being right now!');
      const { card } = await agent.until('offer');
      expect(card.briefing?.reason).toMatch(/asked-for-person|angry/);
      expect(card.transcript.some(({ who, text }) => who === 'caller' && /human/i.test(text))).toBe(true);
      const { entryId } = card;
      agent.send({ type: 'accept', entryId });
      await untilItStands(agent, 'talking');

      const joinedMs = caller.nowMs;
      await agent.say(await voice.say('Good morning, my name is Anna. How can I help you today?'));
      agent.takeHeard();
      await say(caller, 'The desk lamp that I ordered arrived broken.');
      expect(await wordsHeard(caller, joinedMs)).toMatch(/help you today/i);
      await agent.until('line', ({ line }) => line.who === 'caller' && /lamp/i.test(line.text));
      expect(await transcriber.read(agent.takeHeard())).toMatch(/lamp/i);

      agent.send({ type: 'hold', entryId, on: true });
      await untilItStands(agent, 'hold');
      // Music.
      expect(await hearsSomething(caller.nowMs + 500)).toBe(true);
      agent.send({ type: 'hold', entryId, on: false });
      await untilItStands(agent, 'talking');
      await caller.untilQuiet(quiet);

      const killedMs = caller.nowMs;
      agent.kill();
      // Kefu says that somebody will be there: the desk is given up, and whoever opens one next has the caller and all that was said.
      expect(await hearsSomething(killedMs + 100)).toBe(true);
      agent = await desk();
      const again = await agent.until('offer', (offer) => offer.card.entryId === entryId);
      expect(again.card.transcript.some(({ text }) => /lamp/i.test(text))).toBe(true);
      agent.send({ type: 'accept', entryId });
      await untilItStands(agent, 'talking');
      const backMs = caller.nowMs;
      await agent.say(await voice.say('I am sorry, we were cut off. I have sent you a new lamp.'));
      await aMoment(1_000);
      expect(await wordsHeard(caller, backMs)).toMatch(/new lamp/i);

      const finishedMs = caller.nowMs;
      agent.send({ type: 'finish', entryId });
      await agent.until('conversation-ended', ({ because }) => because === 'finished');
      // Kefu has the caller again.
      expect(await hearsSomething(finishedMs + 500)).toBe(true);
    } finally {
      await agent.close();
      await caller.hangUp();
    }

    const once = { offered: before.offered + 1, answered: before.answered + 1, abandoned: before.abandoned };
    for (const kefu of [callersNode, desksNode])
      await expect.poll(() => counted(kefu), { timeout: 60_000, interval: 500 }).toEqual(once);
  });
});
