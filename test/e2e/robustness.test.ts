import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDemoShop } from '../../src/commerce/demo-shop/demo-shop.ts';
import { createDemoShopServer } from '../../src/commerce/demo-shop/http-server.ts';
import type { CallEvent } from '../../src/core/events.ts';
import { ConversationState } from '../../tools/lib/call-events.ts';
import { createCallerVoice, type CallerVoice } from '../../tools/lib/caller-voice.ts';
import { createTranscriber, type Transcriber } from '../../tools/lib/transcriber.ts';
import type { CallerClip } from '../../tools/lib/caller.ts';
import { connectTwilioCaller, type TwilioCaller } from '../../tools/lib/twilio-caller.ts';
import { TestPeer, upgradeAnswer } from '../support/gateway-server.ts';
import { testModelStore } from '../support/models.ts';
import { complaints, endedCall, eventually, startKefu, type KefuInProcess } from '../support/running-kefu.ts';
import { follow, playScenario } from '../support/scenario-player.ts';
import { problemsOf, scenarioSchema, type Scenario } from '../support/spoken-scenario.ts';
import {
  connected,
  connectOf,
  dtmfMessage,
  mediaMessage,
  postWebhook,
  silence,
  startMessage,
  stopMessage,
  streamSid,
  voiceForm,
} from '../support/twilio.ts';

let voice: CallerVoice;
let transcriber: Transcriber;
beforeAll(async () => {
  [voice, transcriber] = await Promise.all([
    createCallerVoice(testModelStore()),
    createTranscriber(testModelStore()),
  ]);
});
afterAll(() => Promise.all([voice.close(), transcriber.close()]));

/** A call that goes as calls should; what others do must not be noticed in it. */
const goodCall: Scenario = scenarioSchema.parse({
  scenario: 'a call beside those that go wrong',
  turns: [
    { say: 'Where is my order?', expecting: 'order_number' },
    { keys: '2378156#', kefu: ['two packages', 'yesterday', 'tomorrow'], expecting: 'anything_else' },
    { say: 'No, thank you. Goodbye.', kefu: ['Goodbye'] },
  ],
  expect: {
    outcome: 'resolved',
    endedBy: 'kefu',
    tasks: ['getOrder', 'listShipments'],
    hears: ['/delivered.*yesterday.*on its way.*tomorrow/'],
  },
});

/** Checks that a call has ended, once, and in order. */
function expectOneEnd(events: readonly CallEvent[], wanted: Record<string, unknown>): void {
  const bodies = events.map(({ body }) => body);
  expect(bodies.filter(({ type }) => type === 'call-started')).toHaveLength(1);
  expect(bodies.filter(({ type }) => type === 'call-ended')).toEqual([bodies.at(-1)]);
  expect(bodies.at(-1)).toMatchObject(wanted);
  expect(bodies.filter(({ type }) => type === 'error')).toEqual([]);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
}

describe('callers who hang up in the middle of anything', () => {
  let kefu: KefuInProcess;
  let shop: FastifyInstance;
  let question: CallerClip;
  let person: CallerClip;
  let good: ReturnType<typeof playScenario>;
  beforeAll(async () => {
    const token = 'shop-token';
    shop = createDemoShopServer({ shop: createDemoShop({ seed: 1 }), token, slowMs: 2_500 });
    const url = await shop.listen({ host: '127.0.0.1', port: 0 });
    question = await voice.say('Hi, can you tell me where my order is, please?');
    person = await voice.say('I want to talk to a person.');
    kefu = await startKefu({
      KEFU_SHOP_URL: url,
      KEFU_SHOP_TOKEN: token,
      KEFU_TRANSFER_TARGET: '+15550007777',
    });
    good = playScenario(goodCall, { url: kefu.url, voice, transcriber });
  });
  afterAll(async () => {
    await kefu.close();
    await shop.close();
  });

  interface Line {
    readonly caller: TwilioCaller;
    readonly state: ConversationState;
    until(condition: () => boolean, what: string): Promise<void>;
  }
  const myTurn = ({ caller, state }: Line) => {
    const { lastAudibleMs } = caller.playback;
    return state.callersTurn && lastAudibleMs !== undefined && caller.nowMs - lastAudibleMs > 350;
  };
  const has = ({ state }: Line, type: string) => state.events.some(({ body }) => body.type === type);
  const askForOrder = async (line: Line) => {
    await line.until(() => myTurn(line), 'the greeting');
    await line.caller.play(question);
    await line.until(() => has(line, 'turn') && myTurn(line), 'the question for the number');
    await line.caller.pressKeys('2378156');
  };

  /** Each brings the call into the state that it is named after. */
  const states: Readonly<Record<string, (line: Line) => Promise<void>>> = {
    'before the greeting': () => Promise.resolve(),
    'during the greeting': (line) =>
      line.until(() => line.caller.playback.firstAudibleAfter(0) !== undefined, 'the first sound'),
    'while Kefu listens': async (line) => {
      await line.until(() => myTurn(line), 'the greeting');
      await line.until(
        () => line.caller.nowMs > (line.caller.playback.lastAudibleMs ?? 0) + 1_500,
        'a pause',
      );
    },
    'while the caller speaks': async (line) => {
      await line.until(() => myTurn(line), 'the greeting');
      const spoken = line.caller.play(question);
      await line.until(() => has(line, 'speech-started'), 'Kefu to hear the caller');
      void spoken;
    },
    'while the words are recognised': async (line) => {
      await line.until(() => myTurn(line), 'the greeting');
      await line.caller.play(question);
    },
    'while the shop is asked': async (line) => {
      await askForOrder(line);
      await line.until(
        () =>
          line.state.events.some(({ body }) => body.type === 'task-started' && body.operation === 'getOrder'),
        'the shop to be asked',
      );
    },
    'while Kefu answers': async (line) => {
      await askForOrder(line);
      await line.until(
        () =>
          line.state.events.some(({ body }) => body.type === 'heard' && body.text.includes('two packages')),
        'the first sentence of the answer',
      );
    },
    'while the call is handed over': async (line) => {
      await line.until(() => myTurn(line), 'the greeting');
      await line.caller.play(person);
      await line.until(() => has(line, 'transfer'), 'the transfer to begin');
    },
  };

  for (const [state, reach] of Object.entries(states)) {
    it.concurrent(state, async () => {
      const caller = await connectTwilioCaller({ url: kefu.url, from: '+15550009999', to: '+18005550100' });
      const line: Line = {
        caller,
        state: new ConversationState(),
        async until(condition, what) {
          expect(await caller.waitUntil(condition, 60_000), `waiting for ${what}`).toBe(true);
        },
      };
      const following = new AbortController();
      const followed = follow(caller, kefu.url, line.state, following.signal);
      try {
        await reach(line);
      } finally {
        await caller.hangUp();
        following.abort();
        await followed;
      }
      const { call, events } = await endedCall(kefu, caller.callId ?? '');
      expectOneEnd(events, { reason: 'caller-hung-up' });
      expect(call.endedAtEpochMs).not.toBeNull();
      expect((await caller.ended).by).toBe('caller');
      // What was begun has been finished or stopped: nothing of the call goes on after its end.
      const started = events.filter(({ body }) => body.type === 'task-started').length;
      expect(events.filter(({ body }) => body.type === 'task-finished')).toHaveLength(started);
      const said = events.filter(({ body }) => body.type === 'say').length;
      const accounted = new Set(
        events.flatMap(({ body }) => (body.type === 'heard' ? [body.utterance] : [])),
      );
      expect(accounted.size).toBe(said);
    });
  }

  it('disturb no other call, and leave nothing behind', async () => {
    const played = await good;
    const problems = problemsOf(goodCall, played);
    // A sentence may have been misheard: the next try is another call.
    if (problems.length > 0) good = playScenario(goodCall, { url: kefu.url, voice, transcriber });
    expect(problems, played.transcript).toEqual([]);
    await eventually(() => (kefu.app.activeCalls === 0 ? true : undefined), 'the end of all calls');
    expect(complaints(kefu.log)).toEqual([]);
  });
});

describe('streams that break the protocol', () => {
  let kefu: KefuInProcess;
  let good: ReturnType<typeof playScenario>;
  let sids = 0;
  beforeAll(async () => {
    kefu = await startKefu();
    good = playScenario(goodCall, { url: kefu.url, voice, transcriber });
  });
  afterAll(() => kefu.close());

  /** A call announced at the webhook, its stream open and begun. */
  async function begin(): Promise<{ peer: TestPeer; callId: string; sid: string }> {
    sids += 1;
    const callSid = `CA${String(sids).padStart(32, '0')}`;
    const sid = `${streamSid.slice(0, -3)}${String(sids).padStart(3, '0')}`;
    const { body } = await postWebhook(`${kefu.url}/twilio/voice`, voiceForm({ CallSid: callSid }));
    const connect = connectOf(body);
    const peer = await TestPeer.connect(connect.streamUrl);
    peer.send(connected);
    peer.send(startMessage(connect.parameters, { callSid, streamSid: sid }));
    await peer.text(({ event }) => event === 'media');
    return { peer, callId: connect.parameters.call ?? '', sid };
  }

  const violations: Readonly<
    Record<string, { send: (peer: TestPeer, sid: string) => void; code: number; reason: string }>
  > = {
    'a message that is not JSON': {
      send: (peer) => peer.raw('{"event":'),
      code: 1008,
      reason: 'protocol-error',
    },
    'a message without an event': {
      send: (peer) => peer.send({ hello: 1 }),
      code: 1008,
      reason: 'protocol-error',
    },
    'a frame that is too large': {
      send: (peer, sid) => peer.send(mediaMessage('A'.repeat(80_000), 1, sid)),
      code: 1009,
      reason: 'protocol-error',
    },
    'audio that is not base64': {
      send: (peer, sid) => peer.send(mediaMessage('!!!!', 1, sid)),
      code: 1008,
      reason: 'protocol-error',
    },
    'audio of another stream': {
      send: (peer) => peer.send(mediaMessage(silence, 1, 'MZ000')),
      code: 1008,
      reason: 'protocol-error',
    },
    'a second start': {
      send: (peer, sid) => peer.send(startMessage({}, { streamSid: sid })),
      code: 1008,
      reason: 'protocol-error',
    },
    'a binary message': { send: (peer) => peer.raw(Buffer.alloc(160)), code: 1008, reason: 'protocol-error' },
  };
  for (const [name, { send, code, reason }] of Object.entries(violations)) {
    it.concurrent(`end with ${name}`, async () => {
      const { peer, callId, sid } = await begin();
      send(peer, sid);
      expect(await peer.closed).toBe(code);
      const { events } = await endedCall(kefu, callId);
      expectOneEnd(events, { reason });
    });
  }

  it.concurrent('are closed without a call when audio comes before the start', async () => {
    const peer = await TestPeer.connect(`${kefu.url}/twilio/media`);
    peer.send(connected);
    peer.send(mediaMessage(silence));
    expect(await peer.closed).toBe(1008);
  });

  it.concurrent('are closed without a call when they never start', async () => {
    const peer = await TestPeer.connect(`${kefu.url}/twilio/media`);
    expect(await peer.closed).toBe(1008);
  });

  it.concurrent('end when they stop talking', async () => {
    const { peer, callId } = await begin();
    await peer.closed;
    const { events } = await endedCall(kefu, callId);
    expectOneEnd(events, { reason: 'media-timeout' });
  });

  it.concurrent('end when the network pulls them away', async () => {
    const { peer, callId } = await begin();
    peer.vanish();
    const { events } = await endedCall(kefu, callId);
    expectOneEnd(events, { reason: 'gateway-lost' });
  });

  it.concurrent('go on after an event that is unknown, and after keys that nobody has', async () => {
    const { peer, callId, sid } = await begin();
    peer.send({ event: 'weather', streamSid: sid, weather: { rain: true } });
    peer.send({ ...mediaMessage('', 1, sid) });
    peer.send({ ...dtmfMessage('D'), streamSid: sid });
    peer.send({ ...stopMessage, streamSid: sid });
    const { events } = await endedCall(kefu, callId);
    expectOneEnd(events, { reason: 'caller-hung-up' });
  });

  it('disturb no other call', async () => {
    const played = await good;
    const problems = problemsOf(goodCall, played);
    // A sentence may have been misheard: the next try is another call.
    if (problems.length > 0) good = playScenario(goodCall, { url: kefu.url, voice, transcriber });
    expect(problems, played.transcript).toEqual([]);
    await eventually(() => (kefu.app.activeCalls === 0 ? true : undefined), 'the end of all calls');
    // A warning for each of the two that never became calls; an error for none.
    const lines = complaints(kefu.log);
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
    const { callId } = played.events[0] ?? {};
    expect(lines.filter(({ fields }) => fields.callId === callId)).toEqual([]);
  });
});

describe('a Kefu that knows its Twilio auth token', () => {
  const authToken = 'a-token-of-twilio';
  const publicUrl = 'https://kefu.example.com/telephone';
  let kefu: KefuInProcess;
  beforeAll(async () => {
    kefu = await startKefu({ KEFU_TWILIO_AUTH_TOKEN: authToken, KEFU_PUBLIC_URL: publicUrl });
  });
  afterAll(() => kefu.close());

  const signed = { authToken, signedUrl: `${publicUrl}/twilio/voice` };

  it('refuses webhooks with a wrong signature or with none', async () => {
    const url = `${kefu.url}/twilio/voice`;
    expect((await postWebhook(url, voiceForm())).status).toBe(403);
    expect((await postWebhook(url, voiceForm(), { ...signed, authToken: 'another' })).status).toBe(403);
    expect((await postWebhook(url, voiceForm(), { ...signed, signedUrl: url })).status).toBe(403);
    for (const path of ['action', 'status']) {
      expect((await postWebhook(`${kefu.url}/twilio/${path}`, voiceForm())).status).toBe(403);
    }
    expect((await postWebhook(url, voiceForm(), signed)).status).toBe(200);
  });

  it('refuses streams with a wrong signature or with none', async () => {
    const url = `${kefu.url}/twilio/media`;
    expect((await upgradeAnswer(url)).status).toBe(403);
    expect((await upgradeAnswer(url, { 'X-Twilio-Signature': 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' })).status).toBe(
      403,
    );
    await eventually(
      () => (complaints(kefu.log).length >= 2 ? true : undefined),
      'a log line for each refusal',
    );
    expect(kefu.app.activeCalls).toBe(0);
  });

  it('serves a caller whose webhooks and stream are signed', async () => {
    const caller = await connectTwilioCaller({
      url: kefu.url,
      publicUrl,
      authToken,
      from: '+15550009999',
      to: '+18005550100',
    });
    expect(await caller.untilQuiet({ quietMs: 1_000, limitMs: 60_000 })).toBe(true);
    await caller.hangUp();
    const { events } = await endedCall(kefu, caller.callId ?? '');
    expectOneEnd(events, { reason: 'caller-hung-up' });
    expect(events.some(({ body }) => body.type === 'heard' && body.complete)).toBe(true);
  });
});
