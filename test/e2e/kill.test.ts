import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConversationState } from '../../tools/lib/call-events.ts';
import { createCallerVoice, type CallerVoice } from '../../tools/lib/caller-voice.ts';
import { createTranscriber, type Transcriber } from '../../tools/lib/transcriber.ts';
import { connectTwilioCaller } from '../../tools/lib/twilio-caller.ts';
import { testModelStore } from '../support/models.ts';
import { callRecord, endedCall, spawnKefu, type KefuProcess } from '../support/running-kefu.ts';
import { follow, transcriptOf } from '../support/scenario-player.ts';

let kefu: KefuProcess;
let balancer: Balancer;
let voice: CallerVoice;
let transcriber: Transcriber;
beforeAll(async () => {
  [kefu, voice, transcriber] = await Promise.all([
    spawnKefu(),
    createCallerVoice(testModelStore()),
    createTranscriber(testModelStore()),
  ]);
  balancer = await openBalancer(Number(new URL(kefu.url).port));
});
afterAll(async () => {
  await Promise.all([voice.close(), transcriber.close()]);
  await balancer.close();
  await kefu.close();
});

describe('a Kefu that is killed in the middle of a call', () => {
  it('has kept what happened, and goes on with the call where it was', async () => {
    const question = await voice.say('Hi, where is my order?');
    const caller = await connectTwilioCaller({
      url: balancer.url,
      from: '+15550009999',
      to: '+18005550100',
      webhookLimitMs: 120_000,
    });
    const { callId } = caller;
    if (callId === undefined) throw new Error('Kefu gave the call no id.');
    const state = new ConversationState();
    const following = new AbortController();
    const followed = follow(caller, balancer.url, state, following.signal);
    const until = async (condition: () => boolean, what: string) => {
      const held = await caller.waitUntil(condition, 120_000);
      expect(held, `waiting for ${what}\n${transcriptOf(state.events)}`).toBe(true);
    };
    const asked = () => state.callersTurn && quietFor(500);
    const quietFor = (ms: number) => {
      const { lastAudibleMs } = caller.playback;
      return lastAudibleMs !== undefined && caller.nowMs - lastAudibleMs >= ms;
    };
    const waitsFor = (slot: string) => {
      const place = state.events.findLast(({ body }) => body.type === 'dialog')?.body;
      return place?.type === 'dialog' && place.expecting?.slot === slot;
    };
    try {
      await until(asked, 'the greeting');
      await caller.play(question);
      await until(() => waitsFor('order_number') && asked(), 'the question for the order number');
      const before = (await callRecord(kefu, callId)).events;
      expect(before.some(({ body }) => body.type === 'turn')).toBe(true);

      await kefu.kill();
      const killedMs = caller.nowMs;
      await kefu.restart();

      // Twilio asks the action URL how to go on, and is given a new stream.
      await until(() => (caller.playback.lastAudibleMs ?? 0) > killedMs && asked(), 'Kefu to come back');
      const restored = (await callRecord(kefu, callId)).events;
      expect(restored.slice(0, before.length)).toEqual(before);
      const begun = restored.filter(({ body }) => body.type === 'call-started').map(({ body }) => body);
      expect(begun).toMatchObject([{ resumed: false }, { resumed: true, from: '+15550009999' }]);
      const since = restored
        .slice(before.length)
        .flatMap(({ body }) => (body.type === 'heard' ? [body.text] : []));
      expect(since[0]).toBe('Sorry, the line was interrupted.');
      expect(since.slice(1).join(' ')).toMatch(/order number/);
      expect(waitsFor('order_number')).toBe(true);

      await caller.pressKeys('2378156#');
      await until(() => waitsFor('anything_else') && asked(), 'the answer');
    } finally {
      await caller.hangUp();
      following.abort();
      await followed;
    }
    const { call, events } = await endedCall(kefu, callId);
    const story = transcriptOf(events);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(call.outcome, story).toBe('resolved');
    const words = events.flatMap(({ body }) => (body.type === 'heard' ? [body.text] : [])).join(' ');
    expect(words, story).toMatch(/two packages.*delivered.*yesterday.*on its way.*tomorrow/);
    expect((await caller.ended).streams).toBe(2);
    const heard = (await transcriber.transcribe(caller.heardAudio())).map(({ text }) => text).join(' ');
    expect(heard).toMatch(/interrupted.*order number.*delivered.*yesterday.*tomorrow/i);
  });
});

interface Balancer {
  readonly url: string;
  close(): Promise<void>;
}

/** What stands in front of Kefu in production: holds a connection until Kefu listens again, and breaks those that Kefu has lost. */
async function openBalancer(port: number): Promise<Balancer> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    let waiting: NodeJS.Timeout | undefined;
    const attempt = (): void => {
      const upstream = connect(port, '127.0.0.1');
      let connected = false;
      upstream.once('connect', () => {
        connected = true;
        client.pipe(upstream).pipe(client);
        upstream.on('close', () => client.destroy());
        client.on('close', () => upstream.destroy());
      });
      upstream.on('error', () => {
        if (!connected && !client.destroyed) waiting = setTimeout(attempt, 100);
        else client.destroy();
      });
    };
    client.on('error', () => undefined);
    client.on('close', () => {
      clearTimeout(waiting);
      sockets.delete(client);
    });
    sockets.add(client);
    attempt();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
