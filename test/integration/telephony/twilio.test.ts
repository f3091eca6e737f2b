import { afterEach, describe, expect, it } from 'vitest';
import { createTwilioGateway, type TwilioGatewayOptions } from '../../../src/telephony/twilio/gateway.ts';
import { answerVoice, GatewayServer, roundTrip, TestPeer } from '../../support/gateway-server.ts';
import {
  caller,
  callSid,
  connected,
  connectOf,
  dtmfMessage,
  hotline,
  markMessage,
  mediaMessage,
  postWebhook,
  silence,
  startMessage,
  stopMessage,
  streamSid,
  talk,
  voiceForm,
} from '../../support/twilio.ts';
import { describeGateway } from './gateway-contract.ts';

let calls = 0;
describeGateway('twilio', {
  make: createTwilioGateway,
  start: () => {
    // Every call has its own SID, or a new one would replace the last.
    calls += 1;
    const sids = { callSid: `CA${calls}` };
    return [connected, startMessage({ from: caller, language: 'en' }, sids)];
  },
  say: () => JSON.stringify(mediaMessage(silence)),
  said: 'packet',
  goodbye: () => stopMessage,
  silenceMs: 15_000,
});

describe('the Twilio gateway', () => {
  const servers: GatewayServer[] = [];
  const serve = async (options: Partial<TwilioGatewayOptions> = {}): Promise<GatewayServer> => {
    const server = await GatewayServer.listen((tools) => createTwilioGateway({ ...tools, ...options }));
    servers.push(server);
    return server;
  };
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  it('answers the voice webhook with a stream that knows who calls', async () => {
    const server = await serve();
    const { connect, call } = await talk(server, '?language=zh');
    expect(connect.streamUrl).toBe(`ws://127.0.0.1:${server.port}/twilio/media`);
    expect(connect.actionUrl).toContain(`http://127.0.0.1:${server.port}/twilio/action?call=call_`);
    expect(call).toMatchObject({
      gateway: 'twilio',
      gatewayCallId: callSid,
      from: caller,
      to: hotline,
      language: 'zh',
      resumes: undefined,
    });
    expect(call.proposedCallId).toBe(connect.parameters.call);
  });

  it('gives no number for a caller who withholds it', async () => {
    const server = await serve();
    for (const From of ['anonymous', 'Restricted', '+266696687']) {
      const answer = await postWebhook(`${server.url}/twilio/voice`, voiceForm({ From }));
      expect(connectOf(answer.body).parameters.from).toBeUndefined();
    }
  });

  it('refuses a webhook that is none', async () => {
    const server = await serve();
    const answer = await postWebhook(`${server.url}/twilio/voice`, { CallSid: '../etc/passwd' });
    expect(answer).toMatchObject({ status: 400 });
    expect(answer.body).toContain('CallSid');
    const wrong = await postWebhook(`${server.url}/twilio/voice?language=fr`, voiceForm());
    expect(wrong).toMatchObject({ status: 400 });
    expect(wrong.body).toContain('language');
    expect(server.log.find('Refused a webhook request that Twilio would not send')).toHaveLength(2);
  });

  it('carries audio, keys and marks in the documented messages', async () => {
    const server = await serve();
    const { peer, media, events } = await talk(server);
    expect(media.format).toEqual({ codec: 'mulaw', sampleRateHz: 8000, packetMs: 20 });
    const payload = Buffer.from([0, 1, 127, 128, 254, 255]);
    peer.send(mediaMessage(payload.toString('base64'), 7));
    expect(await events.next('packet')).toEqual({
      type: 'packet',
      payload: Uint8Array.from(payload),
      sequence: 7,
      mediaMs: 140,
    });
    peer.send(dtmfMessage('#'));
    expect(await events.next('digit')).toEqual({ type: 'digit', digit: '#' });

    media.send(payload);
    media.mark('one');
    media.clear();
    await peer.text(({ event }) => event === 'clear');
    expect(peer.texts).toEqual([
      { event: 'media', streamSid, media: { payload: payload.toString('base64') } },
      { event: 'mark', streamSid, mark: { name: 'one' } },
      { event: 'clear', streamSid },
    ]);
    peer.send(markMessage('one'));
    expect(await events.next('mark')).toEqual({ type: 'mark', name: 'one' });
    peer.send(markMessage('one'));
    await roundTrip(peer);
    expect(events.seen.filter(({ type }) => type === 'mark')).toHaveLength(1);
  });

  it('ignores events, tracks and fields it does not know, and logs each once', async () => {
    const server = await serve();
    const { peer, events } = await talk(server);
    peer.send({ ...mediaMessage(silence), media: { track: 'outbound', payload: silence } });
    for (let index = 0; index < 3; index += 1) peer.send({ event: 'transcription', streamSid });
    peer.send({ ...mediaMessage(silence), novelty: true });
    await events.next('packet');
    expect(events.seen).toHaveLength(1);
    const unknown = server.log.find('Ignored an unknown event');
    expect(unknown.map(({ fields }) => fields.event)).toEqual(['transcription']);
    expect(server.log.find('Ignored audio of another track')).toHaveLength(1);
  });

  it.each([
    ['a second start', startMessage()],
    ['media of another stream', mediaMessage(silence, 1, 'MZother')],
    ['media: media.payload is not base64', mediaMessage('???=')],
    ['media: media.payload is not base64', mediaMessage(silence.slice(1))],
    ['dtmf: dtmf.digit is not a key', dtmfMessage('12')],
    ['media: media', { event: 'media', streamSid }],
    ['a message has no event', { streamSid }],
    ['a message is not JSON', '{"event":'],
    ['a binary message where text is due', new Uint8Array([1])],
  ])('ends the call cleanly after %s', async (detail, message) => {
    const server = await serve();
    const other = await callAnother(server);
    const { peer, events } = await talk(server);
    if (typeof message === 'string' || message instanceof Uint8Array) peer.raw(message);
    else peer.send(message);
    peer.send(mediaMessage(silence));
    const seen = await events.done;
    expect(seen).toMatchObject([{ type: 'ended', reason: 'protocol-error' }]);
    expect((seen[0] as { detail: string }).detail).toContain(detail);
    expect(await peer.closed).toBe(1008);
    expect(server.log.find('The call has ended').at(-1)?.fields).toMatchObject({
      callSid,
      reason: 'protocol-error',
    });
    other.peer.send(mediaMessage(silence));
    await other.events.next('packet');
  });

  /** A call that must not notice what happens to others. */
  const callAnother = async (server: GatewayServer) => {
    const peer = await TestPeer.connect(`${server.url}/twilio/media`);
    peer.send(startMessage({}, { callSid: 'CAother' }));
    return { peer, ...answerVoice(await server.nextCall(), 'call_other') };
  };

  it.each([
    ['media before start', mediaMessage(silence)],
    ['dtmf before start', dtmfMessage('1')],
    ['mark before start', markMessage('x')],
    ['stop before start', stopMessage],
    [
      'start: start.mediaFormat.encoding',
      withFormat({ encoding: 'audio/opus', sampleRate: 8000, channels: 1 }),
    ],
    [
      'start: start.mediaFormat.sampleRate',
      withFormat({ encoding: 'audio/x-mulaw', sampleRate: 16000, channels: 1 }),
    ],
    ['a start that names two streams', { ...startMessage(), streamSid: 'MZother' }],
    ['start: start.callSid is not a call SID', startMessage({}, { callSid: '../x' })],
  ])('closes a stream that begins with %s', async (detail, message) => {
    const server = await serve();
    const peer = await TestPeer.connect(`${server.url}/twilio/media`);
    peer.send(connected);
    peer.send(message);
    expect(await peer.closed).toBe(1008);
    expect(server.calls).toEqual([]);
    const logged = server.log.find('Closed a stream that broke the protocol before its call began');
    expect(String(logged[0]?.fields.detail)).toContain(detail);
  });

  it('ignores what comes after stop', async () => {
    const server = await serve();
    const { peer, events } = await talk(server);
    peer.send(stopMessage);
    peer.send(mediaMessage(silence));
    peer.send({ event: 'nonsense' });
    peer.raw('{');
    expect(await events.done).toEqual([{ type: 'ended', reason: 'caller-hung-up' }]);
    await peer.closed;
  });
});

function withFormat(mediaFormat: Record<string, unknown>): Record<string, unknown> {
  const message = startMessage();
  return { ...message, start: { ...(message.start as Record<string, unknown>), mediaFormat } };
}
