import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConversationState, followCallEvents } from '../../tools/lib/call-events.ts';
import { createCallerVoice, type CallerVoice } from '../../tools/lib/caller-voice.ts';
import { createTranscriber, type Transcriber } from '../../tools/lib/transcriber.ts';
import { AudioSocketCaller } from '../support/audiosocket-caller.ts';
import { testModelStore } from '../support/models.ts';
import {
  complaints,
  endedCall,
  eventually,
  freePort,
  listCalls,
  startKefu,
  type KefuInProcess,
} from '../support/running-kefu.ts';
import { speechParts, transcriptOf } from '../support/scenario-player.ts';

/** Kefu must have been silent for this long before the caller speaks, as people wait. */
const politePauseMs = 350;

describe('a call through AudioSocket', () => {
  let kefu: KefuInProcess;
  let voice: CallerVoice;
  let transcriber: Transcriber;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    [voice, transcriber] = await Promise.all([
      createCallerVoice(testModelStore()),
      createTranscriber(testModelStore()),
    ]);
    kefu = await startKefu({ KEFU_AUDIOSOCKET_PORT: String(port) });
  });
  afterAll(async () => {
    await Promise.all([voice.close(), transcriber.close(), kefu.close()]);
    expect(complaints(kefu.log)).toEqual([]);
  });

  it('asks for the order, tells where it is, says goodbye and hangs up', async () => {
    const said = ['Hi, where is my order?', '{order_number:W2378156}', 'No, thank you. Goodbye.'];
    const clips = [];
    for (const words of said) clips.push(await voice.say(speechParts(words)));
    const uuid = randomUUID();
    const announced = await fetch(`${kefu.url}/streams/audiosocket/announce`, {
      method: 'POST',
      body: new URLSearchParams({ uuid, from: '+15550009999', to: '100', language: 'en' }),
    });
    expect(announced.status).toBe(204);

    const before = new Set((await listCalls(kefu)).map(({ callId }) => callId));
    const caller = await AudioSocketCaller.connect(port, uuid);
    const callId = await eventually(
      async () => (await listCalls(kefu)).find((call) => !before.has(call.callId))?.callId,
      'the call',
    );
    const state = new ConversationState();
    const following = new AbortController();
    const followed = followCallEvents({
      ...{ url: kefu.url, callId, apiToken: undefined, signal: following.signal },
      onEvent: (event) => state.add(event),
    });
    const myTurn = (afterMs: number, answers: number): boolean => {
      const lastMs = caller.playback.lastAudibleMs ?? 0;
      const quiet = lastMs > afterMs && caller.nowMs - lastMs >= politePauseMs;
      return caller.over || (state.callersTurn && quiet && state.answersTaken >= answers && !caller.speaking);
    };
    let spokeMs = 0;
    for (const [index, clip] of clips.entries()) {
      await eventually(() => myTurn(spokeMs, index) || undefined, `the turn to say "${clip.name}"`);
      expect(caller.over, transcriptOf(state.events)).toBe(false);
      caller.say(clip);
      spokeMs = caller.nowMs;
    }
    await eventually(() => caller.over || undefined, 'Kefu to hang up');
    const { call, events } = await endedCall(kefu, callId);
    following.abort();
    await followed.catch(() => undefined);
    const heard = await transcriber.transcribe(caller.playback.render(caller.nowMs));
    const words = heard.map(({ text }) => text).join(' ');
    const story = `${transcriptOf(events)}\nheard: ${words}`;

    expect(caller.hungUp, story).toBe(true);
    expect(call, story).toMatchObject({ outcome: 'resolved', gateway: 'audiosocket' });
    expect(events.at(-1)?.body, story).toMatchObject({ type: 'call-ended', reason: 'we-hung-up' });
    const done = events.flatMap(({ body }) =>
      body.type === 'task-finished' && body.ok ? [body.operation] : [],
    );
    expect(done, story).toEqual(expect.arrayContaining(['getOrder', 'listShipments']));
    expect(words.toLowerCase(), story).toMatch(/delivered.*yesterday.*on its way.*tomorrow/);
  });
});
