import { afterEach, describe, expect, it } from 'vitest';
import type { IncomingCall, VoiceMedia } from '../../../src/core/telephony.ts';
import { createTwilioGateway, type TwilioGatewayOptions } from '../../../src/telephony/twilio/gateway.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { answerVoice, GatewayServer } from '../../support/gateway-server.ts';
import { connectTwilioCaller, type TwilioCallerOptions } from '../../../tools/lib/twilio-caller.ts';

const loud = Uint8Array.from({ length: 160 }, (_, index) => (index % 2 === 0 ? 0x10 : 0x90));
const briefing = {
  ...{ callId: 'call_test', from: '', language: 'en' as const, reason: 'asked-for-person', wanted: '' },
  ...{ customer: null, slots: {}, done: [], summary: '' },
};

/** Real time and a real gateway: what the caller hears must be what was sent. */
describe('the Twilio caller', () => {
  let server: GatewayServer;
  const serve = async (options: Partial<TwilioGatewayOptions> = {}): Promise<void> => {
    server = await GatewayServer.listen((tools) =>
      createTwilioGateway({ ...tools, clock: systemClock, ...options }),
    );
  };
  const call = async (options: Partial<TwilioCallerOptions> = {}) => {
    const caller = await connectTwilioCaller({
      url: server.url.replace('http', 'ws'),
      from: '+15551234567',
      to: '+15550001111',
      ...options,
    });
    const incoming: IncomingCall = await server.nextCall();
    return { caller, incoming, ...answerVoice(incoming, incoming.proposedCallId) };
  };
  const say = (media: VoiceMedia, packets: number): void => {
    for (let index = 0; index < packets; index += 1) media.send(loud);
  };
  afterEach(() => server.close());

  it('sends an unbroken line of packets with the clips in it, sample for sample', async () => {
    await serve();
    const { caller, incoming, events } = await call({ language: 'zh' });
    expect(incoming).toMatchObject({ from: '+15551234567', to: '+15550001111', language: 'zh' });
    expect(caller.callId).toBe(incoming.proposedCallId);
    await caller.waitUntil(() => caller.nowMs > 60, 5_000);
    const clip = Uint8Array.from({ length: 500 }, (_, index) => index % 100);
    const sent = await caller.play({ name: 'hello', mulaw: clip });
    await caller.waitUntil(() => caller.nowMs > (sent?.endMs ?? 0) + 100, 5_000);
    const end = await caller.hangUp();
    expect(end).toMatchObject({ by: 'caller', transfers: [], streams: 1 });
    const packets = (await events.done).filter((event) => event.type === 'packet');
    expect(packets.map(({ mediaMs }) => mediaMs)).toEqual(
      packets.map((_, index) => (packets[0]?.mediaMs ?? 0) + index * 20),
    );
    const received = Buffer.concat(packets.map(({ payload }) => payload));
    expect(sent).toMatchObject({ name: 'hello' });
    const at = ((sent?.startMs ?? 0) - (packets[0]?.mediaMs ?? 0)) * 8;
    expect([...received.subarray(at, at + 500)]).toEqual([...clip]);
    expect(received.subarray(at + 500).every((code) => code === 0xff)).toBe(true);
    expect((sent?.endMs ?? 0) - (sent?.startMs ?? 0)).toBe(62.5);
    expect([
      ...caller
        .sentAudio()
        .subarray((sent?.startMs ?? 0) * 8)
        .subarray(0, 500),
    ]).toEqual([...clip]);
    expect((await events.done).at(-1)).toMatchObject({ type: 'ended', reason: 'caller-hung-up' });
  });

  it('plays at real time, answers marks when they are reached, and drops what is cleared', async () => {
    await serve();
    const { caller, media, events } = await call();
    say(media, 10);
    media.mark('played');
    await events.next('mark');
    const firstMs = caller.playback.heard[0]?.startMs ?? Infinity;
    // The mark comes when 200 ms have been played, never sooner.
    expect(caller.nowMs).toBeGreaterThanOrEqual(firstMs + 200);
    expect(await caller.untilQuiet({ quietMs: 60, limitMs: 10_000 })).toBe(true);

    say(media, 500);
    media.mark('dropped');
    await caller.waitUntil(() => caller.playback.playedOutMs > caller.nowMs + 1_000, 10_000);
    const clearedAfterMs = caller.nowMs;
    media.clear();
    expect(await events.next('mark', 2)).toEqual({ type: 'mark', name: 'dropped' });
    expect(caller.playback.playedOutMs).toBeLessThan(clearedAfterMs + 5_000);
    await caller.waitUntil(() => false, 100);
    const heard = caller.heardAudio();
    const audible = heard.filter((code) => code !== 0xff).length;
    const played = caller.playback.heard.reduce((sum, { startMs, endMs }) => sum + (endMs - startMs) * 8, 0);
    expect(audible).toBe(played);
    expect(audible).toBeLessThan(510 * 160);
    await caller.hangUp();
  });

  it('knows when an answer began', async () => {
    await serve();
    const { caller, media } = await call();
    const clip = await caller.play({ name: 'question', mulaw: loud });
    say(media, 1);
    await caller.waitUntil(() => caller.playback.firstAudibleAfter(clip?.endMs ?? 0) !== undefined, 5_000);
    const answer = caller.playback.firstAudibleAfter(clip?.endMs ?? 0);
    expect(answer?.receivedAtMs).toBeGreaterThanOrEqual(clip?.endMs ?? Infinity);
    await caller.hangUp();
  });

  it('presses keys', async () => {
    await serve();
    const { caller, events } = await call();
    await caller.pressKeys('12#');
    await events.next('digit', 3);
    const pressed = events.seen.flatMap((event) => (event.type === 'digit' ? [event.digit] : []));
    expect(pressed.join('')).toBe('12#');
    await caller.hangUp();
  });

  it('learns that Kefu has hung up, after its last words', async () => {
    await serve();
    const { caller, media, events } = await call();
    say(media, 5);
    await media.hangup();
    expect(await caller.ended).toMatchObject({ by: 'kefu', transfers: [], said: [], streams: 1 });
    expect(caller.playback.heard.map(({ startMs, endMs }) => endMs - startMs)).toEqual(new Array(5).fill(20));
    expect(events.seen.at(-1)).toEqual({ type: 'ended', reason: 'we-hung-up' });
    expect(await caller.play({ name: 'late', mulaw: loud })).toBeUndefined();
  });

  it('is transferred, and comes back when nobody answers', async () => {
    await serve();
    const { caller, media, incoming } = await call({ dialOutcome: 'no-answer' });
    await media.transfer('+15557654321', briefing, new AbortController().signal);
    const again = await server.nextCall();
    expect(again).toMatchObject({ resumes: incoming.proposedCallId, transferFailed: 'no-answer' });
    const { media: second } = answerVoice(again, again.resumes);
    await second.hangup();
    expect(await caller.ended).toMatchObject({ by: 'kefu', transfers: ['+15557654321'], streams: 2 });
  });

  it('is connected again when the stream breaks', async () => {
    await serve();
    const { caller, events, incoming } = await call();
    caller.breakStream();
    expect(await events.done).toContainEqual(
      expect.objectContaining({ type: 'ended', reason: 'gateway-lost' }),
    );
    const again = await server.nextCall();
    expect(again.resumes).toBe(incoming.proposedCallId);
    const { events: continued } = answerVoice(again, again.resumes);
    await continued.next('packet');
    await caller.hangUp();
    expect((await continued.done).at(-1)).toMatchObject({ reason: 'caller-hung-up' });
  });

  it('signs as Twilio does for an address it is told', async () => {
    const account = { authToken: 'secret', publicUrl: 'https://kefu.example.com' };
    await serve(account);
    const { caller, media } = await call(account);
    await media.hangup();
    expect(await caller.ended).toMatchObject({ by: 'kefu' });
    const stranger = connectTwilioCaller({ ...{ url: server.url, from: '+1555', to: '+1556' } });
    await expect(stranger).rejects.toMatchObject({ code: 'signature_invalid' });
  });

  it('says clearly that nobody listens', async () => {
    await serve();
    const nobody = connectTwilioCaller({ url: 'http://127.0.0.1:1', from: '+1555', to: '+1556' });
    await expect(nobody).rejects.toMatchObject({ code: 'server_unreachable' });
  });
});
