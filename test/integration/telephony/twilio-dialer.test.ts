import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTwilioGateway } from '../../../src/telephony/twilio/gateway.ts';
import type { TwilioDialling } from '../../../src/telephony/twilio/dialer.ts';
import type { OutboundDialer, VoiceMedia } from '../../../src/core/telephony.ts';
import { EventReader, GatewayServer } from '../../support/gateway-server.ts';
import { connectOf, mediaMessage, parseTwiml, silence, stopMessage } from '../../support/twilio.ts';
import { TwilioApi, type Callee } from '../../support/twilio-api.ts';

const publicUrl = 'https://kefu.example.com';
const authToken = 'the auth token';
const accountSid = 'AC00000000000000000000000000000001';
const account = { accountSid, user: 'SK00000000000000000000000000000001', password: 'the secret of the key' };
const callee = '+15557654321';
const never = new AbortController().signal;

describe('calls that Kefu makes through Twilio', () => {
  let server: GatewayServer;
  let api: TwilioApi;
  let dialer: OutboundDialer;
  const serve = async (more: Partial<TwilioDialling> = {}): Promise<void> => {
    const dialling = {
      ...{ ...account, number: '+15550001111', numbers: [/^\+1555\d{7}$/], maxCalls: 2, maxCallsPerHour: 3 },
      ...more,
    };
    api = await TwilioApi.listen({ kefuUrl: () => server.url, publicUrl, authToken }, account);
    const httpClient = api.client();
    server = await GatewayServer.listen((tools) => {
      const gateway = createTwilioGateway({ ...tools, authToken, publicUrl, dialling, httpClient });
      if (!gateway.dialer) throw new Error('this gateway does not dial');
      dialer = gateway.dialer;
      return gateway;
    });
  };
  beforeEach(() => serve());
  afterEach(async () => {
    await server.close();
    await api.close();
  });
  const dial = (
    at: Callee,
    options: Partial<Parameters<OutboundDialer['dial']>[1]> = {},
  ): Promise<VoiceMedia> => {
    api.callee = at;
    return dialer.dial(callee, { signal: never, ringMs: 25_000, ...options });
  };
  const made = () =>
    vi.waitFor(() => api.calls.at(-1) ?? expect.fail('no call was made'), { timeout: 10_000 });

  it('are asked for as Twilio documents it, and their sound comes and goes', async () => {
    const media = await dial('answers');
    const call = await made();
    expect(call.form).toEqual({
      To: callee,
      From: '+15550001111',
      Url: expect.stringMatching(
        /^https:\/\/kefu\.example\.com\/twilio\/answered\?dial=dial_[\w-]+$/,
      ) as string,
      StatusCallback: expect.stringMatching(
        /^https:\/\/kefu\.example\.com\/twilio\/status\?dial=dial_[\w-]+$/,
      ) as string,
      StatusCallbackEvent: 'completed',
      Timeout: '25',
    });
    const events = new EventReader(media.events);
    call.peer?.send(mediaMessage(silence));
    expect(await events.next('packet')).toMatchObject({ payload: new Uint8Array(160).fill(0xff) });
    media.send(new Uint8Array(160).fill(0x55));
    await call.peer?.text(({ event }) => event === 'media');
    call.peer?.send(stopMessage);
    expect(await events.next('ended')).toMatchObject({ reason: 'caller-hung-up' });
    expect(api.ended).toEqual([]);
  });

  it('are hung up by Kefu after its last words', async () => {
    const media = await dial('answers');
    const call = await made();
    const told = media.hangup();
    call.peer?.send(await call.peer.text(({ event }) => event === 'mark'));
    await told;
    const answer = await api.tell(call, call.connect?.actionUrl ?? '', { CallStatus: 'in-progress' });
    expect(parseTwiml(answer)).toEqual({ Hangup: '' });
  });

  it.each<[string, Callee]>([
    ['busy', { status: 'busy' }],
    ['no-answer', { status: 'no-answer' }],
    ['declined', { status: 'busy', SipResponseCode: '603' }],
    ['not-found', { status: 'failed', SipResponseCode: '404' }],
    ['failed', { status: 'failed', SipResponseCode: '500' }],
    ['no-answer', { status: 'canceled' }],
    ['not-found', { refusal: { status: 400, code: 21211 } }],
    ['not-allowed', { refusal: { status: 400, code: 21215 } }],
    ['limit', { refusal: { status: 429, code: 20429 } }],
    ['unreachable', { refusal: { status: 503, code: 20503 } }],
  ])('that come to nothing tell why: %s', async (cause, at) => {
    const error = await dial(at).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'transfer_failed' });
    expect(String(error)).toContain(`${cause}: `);
    expect(String(error)).not.toContain(callee);
    expect(api.ended).toEqual([]);
  });

  it('stop ringing after their time, at Twilio too', async () => {
    const dialled = dial('rings');
    const ended = expect(dialled).rejects.toMatchObject({ message: 'no-answer: Nobody answered.' });
    const { sid } = await made();
    server.clock.advance(25_000);
    await ended;
    await vi.waitFor(() => expect(api.ended).toEqual([sid]), { timeout: 10_000 });
  });

  it('stop ringing when whoever asked for them wants them no more; who answers then is hung up', async () => {
    const asking = new AbortController();
    const dialled = dial('rings', { signal: asking.signal });
    const ended = expect(dialled).rejects.toMatchObject({ code: 'aborted' });
    const call = await made();
    asking.abort();
    await ended;
    await vi.waitFor(() => expect(api.ended).toEqual([call.sid]), { timeout: 10_000 });
    await api.answer(call, true);
    expect(call.document).toEqual({ Hangup: '' });
  });

  it('are hung up when their stream opens after they were given up', async () => {
    const asking = new AbortController();
    const dialled = dial('silent', { signal: asking.signal });
    const ended = expect(dialled).rejects.toMatchObject({ code: 'aborted' });
    const call = await made();
    const connect = await vi.waitFor(() => call.connect ?? expect.fail('not answered'), { timeout: 10_000 });
    asking.abort();
    await ended;
    await api.openStream(call, connect);
    expect(await call.peer?.closed).toBe(1000);
    const answer = await api.tell(call, connect.actionUrl, { CallStatus: 'in-progress' });
    expect(parseTwiml(answer)).toEqual({ Hangup: '' });
    expect(server.calls).toEqual([]);
  });

  it('fail when Twilio opens no stream after the answer', async () => {
    const dialled = dial('silent');
    const ended = expect(dialled).rejects.toThrow(/^failed: /);
    const call = await made();
    await vi.waitFor(() => expect(call.connect).toBeDefined(), { timeout: 10_000 });
    server.clock.advance(10_000);
    await ended;
    await vi.waitFor(() => expect(api.ended).toEqual([call.sid]), { timeout: 10_000 });
  });

  it('keep to the numbers and limits that were set', async () => {
    const elsewhere = dialer.dial('+4930123456', { signal: never, ringMs: 1_000 });
    await expect(elsewhere).rejects.toThrow(/^not-allowed: /);
    const address = dialer.dial('sip:desk@example.com', { signal: never, ringMs: 1_000 });
    await expect(address).rejects.toMatchObject({ code: 'transfer_unsupported' });
    const first = await dial('answers');
    await dial('answers');
    await expect(dial('answers')).rejects.toThrow(/^limit: /);
    void first.hangup();
    api.calls[0]?.peer?.send(stopMessage);
    await new EventReader(first.events).done;
    await dial('answers');
    // Three within the hour, whatever has ended meanwhile.
    await expect(dial('answers')).rejects.toThrow(/^limit: /);
    expect(api.calls).toHaveLength(3);
  });

  it('go on when their stream was lost, if they are calls of Kefu', async () => {
    const media = await dial('answers', { callId: 'call_promised' });
    const call = await made();
    call.peer?.vanish();
    expect(await new EventReader(media.events).done).toMatchObject([{ reason: 'gateway-lost' }]);
    const answer = await api.tell(call, call.connect?.actionUrl ?? '', { CallStatus: 'in-progress' });
    await api.openStream(call, connectOf(answer));
    const again = await server.nextCall();
    expect(again).toMatchObject({ resumes: 'call_promised', from: callee, to: '+15550001111' });
    again.reject('closing');
  });

  it('end when their stream was lost, if they are telephones of agents', async () => {
    await dial('answers');
    const call = await made();
    call.peer?.vanish();
    await vi.waitFor(async () => {
      const answer = await api.tell(call, call.connect?.actionUrl ?? '', { CallStatus: 'in-progress' });
      expect(parseTwiml(answer)).toHaveProperty('Hangup');
    });
  });

  it('are nothing that another may claim: without the ticket of the webhook no stream gets their sound', async () => {
    const dialled = dial('silent');
    const call = await made();
    const connect = await vi.waitFor(() => call.connect ?? expect.fail('not answered'), { timeout: 10_000 });
    const forged = { ...connect, parameters: { ...connect.parameters, from: '+15559999999' } };
    await api.openStream(call, forged);
    expect(await call.peer?.closed).toBe(1008);
    await api.openStream(call, connect);
    expect((await dialled).format).toMatchObject({ codec: 'mulaw' });
  });

  it('stop ringing when Kefu closes', async () => {
    const dialled = dial('rings');
    const ended = expect(dialled).rejects.toMatchObject({ code: 'aborted' });
    const { sid } = await made();
    await server.close();
    await ended;
    expect(api.ended).toEqual([sid]);
  });
});
