import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { createFileEndings, createMemoryEndings } from '../../../src/telephony/twilio/endings.ts';
import { createTwilioGateway, type TwilioGatewayOptions } from '../../../src/telephony/twilio/gateway.ts';
import { answerVoice, GatewayServer, roundTrip } from '../../support/gateway-server.ts';
import {
  ask,
  caller,
  connectOf,
  dial,
  hotline,
  mediaMessage,
  openStream,
  parseTwiml,
  postWebhook,
  silence,
  stopMessage,
  talk,
  voiceForm,
  type WebhookAnswer,
} from '../../support/twilio.ts';

const never = new AbortController().signal;
const briefing = {
  ...{ callId: 'call_test', from: '', language: 'en' as const, reason: 'asked-for-person', wanted: '' },
  ...{ customer: null, slots: {}, done: [], summary: '' },
};

describe('the webhooks of Twilio', () => {
  const servers: GatewayServer[] = [];
  const serve = async (options: Partial<TwilioGatewayOptions> = {}): Promise<GatewayServer> => {
    const server = await GatewayServer.listen((tools) => createTwilioGateway({ ...tools, ...options }));
    servers.push(server);
    return server;
  };
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  describe('at the end of a stream', () => {
    it('hangs up when Kefu has ended the call', async () => {
      const server = await serve();
      const { peer, media, connect } = await talk(server);
      const told = media.hangup();
      peer.send(await peer.text(({ event }) => event === 'mark'));
      await told;
      expect(parseTwiml((await ask(connect.actionUrl)).body)).toEqual({ Hangup: '' });
    });

    it('connects the call again when the stream was lost, three times, and then says so', async () => {
      const server = await serve();
      const first = await talk(server, '?language=zh');
      first.peer.vanish();
      expect(await first.events.done).toMatchObject([{ reason: 'gateway-lost' }]);
      let actionUrl = first.connect.actionUrl;
      for (let resumption = 1; resumption <= 3; resumption += 1) {
        const next = await openStream(connectOf((await ask(actionUrl)).body));
        const call = await server.nextCall();
        expect(call).toMatchObject({
          from: caller,
          to: hotline,
          language: 'zh',
          resumes: first.call.proposedCallId,
          proposedCallId: first.call.proposedCallId,
        });
        const { events } = answerVoice(call);
        next.peer.vanish();
        await events.done;
        ({ actionUrl } = next.connect);
      }
      const answer = parseTwiml((await ask(actionUrl)).body) as { Say: { '#text': string }; Hangup: string };
      expect(answer.Say).toMatchObject({ '@language': 'zh-CN' });
      expect(answer).toHaveProperty('Hangup');
    });

    it('does nothing more when the caller has hung up, and forgets what it had decided', async () => {
      const endings = createMemoryEndings(systemClock);
      const server = await serve({ endings });
      const { events, connect, call } = await talk(server);
      await endings.record(call.gatewayCallId, { type: 'hangup' });
      const answer = await ask(connect.actionUrl, { CallStatus: 'completed' });
      expect(parseTwiml(answer.body)).toBe('');
      expect(await events.done).toMatchObject([{ reason: 'caller-hung-up' }]);
      expect(await endings.take(call.gatewayCallId)).toBeUndefined();
    });

    it('ends a half-open stream as lost before the new one begins', async () => {
      const server = await serve();
      const old = await talk(server);
      const answer = await ask(old.connect.actionUrl);
      expect(await old.events.done).toMatchObject([{ reason: 'gateway-lost' }]);
      const again = await openStream(connectOf(answer.body));
      const { events } = answerVoice(await server.nextCall());
      again.peer.send(mediaMessage(silence));
      await events.next('packet');
      await old.peer.closed;
    });

    it('lets the newest stream of a call replace an older one', async () => {
      const server = await serve();
      const old = await talk(server);
      const { peer } = await openStream(old.connect);
      expect(await old.events.done).toMatchObject([{ reason: 'gateway-lost' }]);
      const { events } = answerVoice(await server.nextCall());
      peer.send(mediaMessage(silence));
      await events.next('packet');
    });

    it('excuses itself when it refused the call', async () => {
      const server = await serve();
      const { connect } = await dial(server);
      (await server.nextCall()).reject('overloaded');
      await expect.poll(async () => server.connections()).toBeLessThanOrEqual(1);
      const answer = parseTwiml((await ask(connect.actionUrl)).body);
      expect(answer).toHaveProperty('Say');
      expect(answer).toHaveProperty('Hangup');
    });

    it('refuses an action whose query was changed', async () => {
      const server = await serve();
      const { connect } = await talk(server);
      const changed = connect.actionUrl.replace('resumptions=0', 'resumptions=1');
      expect(changed).not.toBe(connect.actionUrl);
      expect(await ask(changed)).toMatchObject({ status: 403 });
      expect(await ask(connect.actionUrl, { CallSid: 'CAother' })).toMatchObject({ status: 403 });
      expect(await ask(`${server.url}/twilio/action`)).toMatchObject({ status: 403 });
    });

    it('ends the call when the status webhook reports it over', async () => {
      const server = await serve();
      const { events } = await talk(server);
      const post = (CallStatus: string): Promise<WebhookAnswer> =>
        postWebhook(`${server.url}/twilio/status`, voiceForm({ CallStatus }));
      expect(await post('in-progress')).toMatchObject({ status: 204 });
      expect(events.seen).toEqual([]);
      expect(await post('completed')).toMatchObject({ status: 204 });
      expect(await events.done).toMatchObject([{ reason: 'caller-hung-up' }]);
      expect(await post('completed')).toMatchObject({ status: 204 });
    });

    it('tells Twilio to look elsewhere while it takes no calls', async () => {
      const server = await serve();
      await server.gateways[0]?.close();
      expect(await postWebhook(`${server.url}/twilio/voice`, voiceForm())).toMatchObject({ status: 503 });
    });
  });

  describe('transferring', () => {
    it.each([
      ['+1 (555) 765-4321', { Number: '+15557654321' }],
      ['tel:+15557654321', { Number: '+15557654321' }],
      ['sip:desk@example.com', { Sip: 'sip:desk@example.com' }],
    ])('to %s dials it once the last words are played and the stream is closed', async (target, noun) => {
      const server = await serve();
      const { peer, media, events, connect } = await talk(server);
      const transferred = media.transfer(target, briefing, never);
      peer.send(await peer.text(({ event }) => event === 'mark'));
      await peer.closed;
      expect(events.seen).toEqual([]);
      const answer = parseTwiml((await ask(connect.actionUrl)).body) as { Dial: Record<string, string> };
      expect(answer.Dial).toMatchObject({ ...noun, '@timeout': '30' });
      await transferred;
      expect(await events.done).toEqual([{ type: 'ended', reason: 'transferred' }]);
      const reached = await ask(answer.Dial['@action'] ?? '', { DialCallStatus: 'completed' });
      expect(parseTwiml(reached.body)).toEqual({ Hangup: '' });
    });

    it('brings the caller back to Kefu when nobody answers', async () => {
      const server = await serve();
      const { peer, media, call, connect } = await talk(server);
      const transferred = media.transfer('+15557654321', briefing, never);
      peer.send(await peer.text(({ event }) => event === 'mark'));
      await peer.closed;
      const dialled = parseTwiml((await ask(connect.actionUrl)).body) as { Dial: Record<string, string> };
      await transferred;
      const answer = await ask(dialled.Dial['@action'] ?? '', { DialCallStatus: 'no-answer' });
      await openStream(connectOf(answer.body));
      expect(await server.nextCall()).toMatchObject({
        resumes: call.proposedCallId,
        transferFailed: 'no-answer',
      });
    });

    it('refuses a target it cannot dial and goes on with the call', async () => {
      const server = await serve();
      const { peer, media, events } = await talk(server);
      await expect(media.transfer('the returns desk', briefing, never)).rejects.toMatchObject({
        code: 'transfer_unsupported',
      });
      peer.send(mediaMessage(silence));
      await events.next('packet');
    });

    it('fails when the caller hangs up before Twilio asks where to go', async () => {
      const server = await serve();
      const { peer, media, events, connect } = await talk(server);
      const transferred = media.transfer('+15557654321', briefing, never);
      const failed = expect(transferred).rejects.toMatchObject({ code: 'transfer_failed' });
      peer.send(await peer.text(({ event }) => event === 'mark'));
      await peer.closed;
      expect(parseTwiml((await ask(connect.actionUrl, { CallStatus: 'completed' })).body)).toBe('');
      await failed;
      expect(await events.done).toMatchObject([{ reason: 'caller-hung-up' }]);
    });

    it('fails when Twilio never asks where to go', async () => {
      const server = await serve();
      const { peer, media, events } = await talk(server);
      const transferred = media.transfer('+15557654321', briefing, never);
      const failed = expect(transferred).rejects.toMatchObject({ code: 'transfer_failed' });
      peer.send(await peer.text(({ event }) => event === 'mark'));
      await peer.closed;
      await server.clock.advanceAsync(10_000, 1_000);
      await failed;
      expect(await events.done).toMatchObject([{ reason: 'gateway-lost' }]);
    });

    it('does not take the end of its stream for a hang-up', async () => {
      let keep: () => void = () => undefined;
      const kept = createMemoryEndings(systemClock);
      const server = await serve({
        endings: {
          ...kept,
          record: async (callSid, ending) => {
            await new Promise<void>((resolve) => (keep = resolve));
            await kept.record(callSid, ending);
          },
        },
      });
      const { peer, media, events, connect } = await talk(server);
      const transferred = media.transfer('+15557654321', briefing, never);
      peer.send(await peer.text(({ event }) => event === 'mark'));
      await roundTrip(peer);
      peer.send(stopMessage);
      await roundTrip(peer);
      keep();
      await peer.closed;
      expect(events.seen).toEqual([]);
      expect(parseTwiml((await ask(connect.actionUrl)).body)).toHaveProperty('Dial');
      await transferred;
      expect(await events.done).toEqual([{ type: 'ended', reason: 'transferred' }]);
    });

    it('goes on with the call when the decision cannot be kept', async () => {
      const server = await serve({
        endings: {
          record: () => Promise.reject(new Error('the disk is full')),
          take: () => Promise.resolve(undefined),
        },
      });
      const { peer, media, events } = await talk(server);
      const transferred = media.transfer('+15557654321', briefing, never);
      peer.send(await peer.text(({ event }) => event === 'mark'));
      await expect(transferred).rejects.toMatchObject({ code: 'transfer_failed' });
      peer.send(mediaMessage(silence));
      await events.next('packet');
    });
  });

  describe('after a restart of the process', () => {
    let directory: string;
    const restartable = async (): Promise<GatewayServer> =>
      GatewayServer.listen((tools) =>
        createTwilioGateway({ ...tools, endings: createFileEndings(directory, tools.clock) }),
      ).then((server) => {
        servers.push(server);
        return server;
      });
    const at = (server: GatewayServer, url: string): string => {
      const { pathname, search } = new URL(url);
      return server.url + pathname + search;
    };
    afterEach(() => rm(directory, { recursive: true, force: true }));

    it('goes on with a call whose first process died', async () => {
      directory = await mkdtemp(join(tmpdir(), 'kefu-endings-'));
      const { connect, call, peer } = await talk(await restartable());
      const after = await restartable();
      peer.vanish();
      await openStream(connectOf((await ask(at(after, connect.actionUrl))).body));
      expect(await after.nextCall()).toMatchObject({ resumes: call.proposedCallId, from: caller });
    });

    it('still knows to whom a call is transferred, and the first process learns that it was', async () => {
      directory = await mkdtemp(join(tmpdir(), 'kefu-endings-'));
      const before = await restartable();
      const { connect, media, peer } = await talk(before);
      const transferred = media.transfer('+15557654321', briefing, never);
      peer.send(await peer.text(({ event }) => event === 'mark'));
      await peer.closed;
      const after = await restartable();
      const answer = await ask(at(after, connect.actionUrl));
      expect(parseTwiml(answer.body)).toMatchObject({ Dial: { Number: '+15557654321' } });
      await before.clock.advanceAsync(10_000, 1_000);
      await transferred;
    });
  });
});
