import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { createStreamGateway, type StreamGatewayOptions } from '../../../src/telephony/streams/gateway.ts';
import { streamVendors } from '../../../src/telephony/streams/vendors.ts';
import { answerVoice, GatewayServer, TestPeer, upgradeAnswer } from '../../support/gateway-server.ts';
import { caller, hotline, vendorCallId, vendorSamples } from '../../support/stream-vendors.ts';

type Vendor = 'telnyx' | 'signalwire' | 'plivo' | 'vonage' | 'jambonz';
type Body = Readonly<Record<string, string>>;

/** How each vendor speaks at its webhooks. */
const speech: Record<
  Vendor,
  {
    readonly json: boolean;
    readonly call: Body;
    /** The stream has ended and the call goes on. */
    readonly ended: Body;
    readonly over: Body;
    readonly busy: Body;
    readonly talked: Body;
    readonly hangsUp: string;
    readonly dials: string;
  }
> = {
  telnyx: twimlSpeech(),
  signalwire: twimlSpeech(),
  plivo: {
    json: false,
    call: { CallUUID: vendorCallId(7), From: '15551234567', To: '15550001111', CallStatus: 'ringing' },
    ended: { CallUUID: vendorCallId(7), CallStatus: 'in-progress' },
    over: { CallUUID: vendorCallId(7), CallStatus: 'completed' },
    busy: { CallUUID: vendorCallId(7), CallStatus: 'in-progress', DialStatus: 'busy' },
    talked: { CallUUID: vendorCallId(7), CallStatus: 'in-progress', DialStatus: 'completed' },
    hangsUp: '<Hangup/>',
    dials: '<Number>+15557654321</Number>',
  },
  vonage: {
    json: true,
    call: { uuid: vendorCallId(7), from: '15551234567', to: '15550001111', conversation_uuid: 'CON-1' },
    ended: { uuid: 'leg', status: 'disconnected' },
    over: { uuid: 'leg', status: 'completed' },
    busy: { uuid: 'leg', status: 'busy' },
    talked: { uuid: 'leg', status: 'completed' },
    hangsUp: '[]',
    dials: '{"type":"phone","number":"15557654321"}',
  },
  jambonz: {
    json: true,
    call: { call_sid: vendorCallId(7), from: caller, to: hotline, direction: 'inbound' },
    ended: { call_sid: vendorCallId(7), call_status: 'in-progress' },
    over: { call_sid: vendorCallId(7), call_status: 'completed' },
    busy: { call_sid: vendorCallId(7), call_status: 'in-progress', dial_call_status: 'busy' },
    talked: { call_sid: vendorCallId(7), call_status: 'in-progress', dial_call_status: 'completed' },
    hangsUp: '[{"verb":"hangup"}]',
    dials: '{"type":"phone","number":"+15557654321"}',
  },
};
const vendors = Object.keys(speech) as Vendor[];

function twimlSpeech() {
  const call = { CallSid: vendorCallId(7), From: caller, To: hotline };
  return {
    json: false,
    call,
    ended: { ...call, CallStatus: 'in-progress' },
    over: { ...call, CallStatus: 'completed' },
    busy: { ...call, CallStatus: 'in-progress', DialCallStatus: 'busy' },
    talked: { ...call, CallStatus: 'in-progress', DialCallStatus: 'completed' },
    hangsUp: '<Hangup/>',
    dials: '<Number>+15557654321</Number>',
  };
}

const briefing = {
  ...{ callId: 'call_test', from: '', language: 'en' as const, reason: 'asked-for-person', wanted: '' },
  ...{ customer: null, slots: {}, done: [], summary: '' },
};
const never = new AbortController().signal;

async function post(url: string, name: Vendor, fields: Body, headers: Body = {}) {
  const { json } = speech[name];
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...(json && { 'content-type': 'application/json' }), ...headers },
    body: json ? JSON.stringify(fields) : new URLSearchParams(fields),
  });
  return { status: response.status, text: await response.text() };
}

/** What a document connects the call to, and where the vendor asks next. */
function connectOf(document: string): { ticket: string; next: string; stream: string } {
  const plain = document.replaceAll('&amp;', '&');
  const stream = /(ws:[^"?<]+)/.exec(plain)?.[1] ?? '';
  const ticket = /(?:ticket=|authBearerToken="|"password":")([\w-]+\.[\w-]+)/.exec(plain)?.[1] ?? '';
  const next = /(http:[^"<]+\/next\?state=[\w.-]+)/.exec(plain)?.[1] ?? '';
  return { ticket, next, stream };
}

describe('the webhooks of', () => {
  const servers: GatewayServer[] = [];
  const serve = async (name: Vendor, options: Partial<StreamGatewayOptions> = {}) => {
    const server = await GatewayServer.listen((tools) =>
      createStreamGateway(streamVendors[name], { ...tools, ...options }),
    );
    servers.push(server);
    return server;
  };
  const open = async (name: Vendor, { ticket, stream }: { ticket: string; stream: string }) => {
    const peer = await TestPeer.connect(`${stream}?ticket=${ticket}`);
    for (const message of vendorSamples[name].start(vendorCallId(7))) peer.send(message);
    return peer;
  };
  const dial = async (name: Vendor, search = '') => {
    const server = await serve(name);
    const { text } = await post(`${server.url}/streams/${name}/answer${search}`, name, speech[name].call);
    const connect = connectOf(text);
    const peer = await open(name, connect);
    const call = await server.nextCall();
    return { server, connect, peer, call, ...answerVoice(call, call.proposedCallId) };
  };
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  it.each(vendors)(
    '%s connect a call that knows who calls, and goes on when its stream is lost',
    async (name) => {
      const { server, connect, peer, call, events } = await dial(name, '?language=zh');
      expect(call).toMatchObject({
        from: caller,
        to: hotline,
        language: 'zh',
        gatewayCallId: vendorCallId(7),
      });
      peer.vanish();
      await events.done;
      const again = await post(connect.next, name, speech[name].ended);
      await open(name, connectOf(again.text));
      expect(await server.nextCall()).toMatchObject({
        resumes: call.proposedCallId,
        from: caller,
        language: 'zh',
      });
    },
  );

  it.each(vendors)('%s hang up once Kefu has said goodbye', async (name) => {
    const { server, connect, media } = await dial(name);
    const told = media.hangup();
    server.clock.advance(2_000);
    await told;
    expect((await post(connect.next, name, speech[name].ended)).text).toContain(speech[name].hangsUp);
  });

  it.each(vendors)('%s dial a transfer, and bring the caller back when nobody answers', async (name) => {
    const { server, connect, peer, media, events, call } = await dial(name);
    const transferred = media.transfer('+15557654321', briefing, never);
    server.clock.advance(2_000);
    await peer.closed;
    const dialled = await post(connect.next, name, speech[name].ended);
    expect(dialled.text).toContain(speech[name].dials);
    await transferred;
    expect(await events.done).toEqual([{ type: 'ended', reason: 'transferred' }]);
    const { next } = connectOf(dialled.text);
    expect((await post(next, name, speech[name].talked)).text).toContain(speech[name].hangsUp);
    const back = await post(next, name, speech[name].busy);
    await open(name, connectOf(back.text));
    expect(await server.nextCall()).toMatchObject({ resumes: call.proposedCallId, transferFailed: 'busy' });
  });

  it.each(vendors)(
    '%s end a call that is over, and give up on one whose streams keep getting lost',
    async (name) => {
      const { connect, events } = await dial(name);
      await post(connect.next, name, speech[name].over);
      expect(await events.done).toMatchObject([{ reason: 'caller-hung-up' }]);
      let { next } = connect;
      for (let lost = 0; lost < 3; lost += 1)
        ({ next } = connectOf((await post(next, name, speech[name].ended)).text));
      expect((await post(next, name, speech[name].ended)).text).toContain('our connection was lost');
    },
  );

  it.each(vendors)('%s tell callers that all lines are busy', async (name) => {
    const server = await serve(name);
    const { text } = await post(`${server.url}/streams/${name}/answer`, name, speech[name].call);
    const connect = connectOf(text);
    const peer = await open(name, connect);
    (await server.nextCall()).reject('overloaded');
    await peer.closed;
    expect((await post(connect.next, name, speech[name].ended)).text).toContain('lines are busy');
  });

  it.each(vendors)('%s refuse what is no announcement, has no state, or is not signed', async (name) => {
    const server = await serve(name);
    const base = `${server.url}/streams/${name}`;
    expect((await post(`${base}/answer`, name, { nothing: 'here' })).status).toBe(400);
    expect((await post(`${base}/answer?language=fr`, name, speech[name].call)).status).toBe(400);
    expect((await post(`${base}/next`, name, speech[name].ended)).status).toBe(403);
    expect((await post(`${base}/next?state=a.b`, name, speech[name].ended)).status).toBe(403);
    const far = await post(`${base}/answer`, name, speech[name].call, { 'x-forwarded-for': '203.0.113.7' });
    expect(far.status).toBe(403);
    const signed = await serve(name, {
      webhookSecret: 'secret',
      token: 'a-token-of-16-chars',
      publicUrl: 'https://kefu.example.com',
    });
    const unsigned = await post(`${signed.url}/streams/${name}/answer`, name, speech[name].call);
    expect(unsigned).toMatchObject({ status: 403 });
    expect(unsigned.text).toContain('signature');
  });

  it('Vonage wait while a leg only begins, and may be asked with GET', async () => {
    const server = await serve('vonage');
    const query = new URLSearchParams(speech.vonage.call).toString();
    const answer = await fetch(`${server.url}/streams/vonage/answer?${query}`);
    const connect = connectOf(await answer.text());
    expect((await post(connect.next, 'vonage', { status: 'answered' })).status).toBe(204);
  });

  it('jambonz are taken when they are signed, and their ticket opens the stream without the token', async () => {
    const server = await serve('jambonz', {
      webhookSecret: 'secret',
      token: 'a-token-of-16-chars',
      publicUrl: 'https://kefu.example.com',
    });
    const body = JSON.stringify(speech.jambonz.call);
    const t = Math.floor(server.clock.epochMs() / 1000);
    const v1 = createHmac('sha256', 'secret').update(`${t}.${body}`).digest('hex');
    const answer = await post(`${server.url}/streams/jambonz/answer`, 'jambonz', speech.jambonz.call, {
      'jambonz-signature': `t=${t},v1=${v1}`,
    });
    expect(JSON.parse(answer.text)).toMatchObject([
      {
        verb: 'listen',
        url: 'wss://kefu.example.com/streams/jambonz',
        wsAuth: { username: 'kefu' },
        mixType: 'mono',
        sampleRate: 16000,
        passDtmf: true,
        bidirectionalAudio: { enabled: true, streaming: true, sampleRate: 16000 },
      },
    ]);
    const { ticket } = connectOf(answer.text);
    const admitted = (password: string) =>
      upgradeAnswer(`${server.url}/streams/jambonz`, {
        Authorization: `Basic ${Buffer.from(`kefu:${password}`).toString('base64')}`,
      });
    expect(await admitted(ticket)).toMatchObject({ status: 101 });
    expect(await admitted(`${ticket}x`)).toMatchObject({ status: 403 });
  });

  it('Telnyx open no stream of another call than they announced', async () => {
    const server = await serve('telnyx');
    const { text } = await post(`${server.url}/streams/telnyx/answer`, 'telnyx', speech.telnyx.call);
    const { stream, ticket } = connectOf(text);
    const peer = await TestPeer.connect(`${stream}?ticket=${ticket}`);
    for (const message of vendorSamples.telnyx.start(vendorCallId(8))) peer.send(message);
    expect(await peer.closed).toBe(1008);
    expect(server.calls).toEqual([]);
  });

  it('Telnyx, SignalWire, Plivo and Vonage connect with the documented attributes', async () => {
    const documents: Record<string, string> = {};
    for (const name of ['telnyx', 'signalwire', 'plivo', 'vonage'] as const) {
      const server = await serve(name);
      documents[name] = (await post(`${server.url}/streams/${name}/answer`, name, speech[name].call)).text;
    }
    expect(documents.telnyx).toMatch(
      /<Response><Connect><Stream url="ws:[^"]+\/streams\/telnyx\?ticket=[^"]+" track="inbound_track" codec="PCMU" bidirectionalMode="rtp" bidirectionalCodec="PCMU" bidirectionalSamplingRate="8000"\/><\/Connect><Redirect method="POST">/,
    );
    expect(documents.signalwire).toMatch(
      /<Connect><Stream url="ws:[^"?]+\/streams\/signalwire" authBearerToken="[^"]+" codec="L16@16000h" realtime="true"\/><\/Connect>/,
    );
    expect(documents.plivo).toMatch(
      /<Stream bidirectional="true" keepCallAlive="true" audioTrack="inbound" contentType="audio\/x-mulaw;rate=8000">ws:/,
    );
    expect(JSON.parse(documents.vonage ?? '')).toMatchObject([
      {
        action: 'connect',
        eventType: 'synchronous',
        from: '15550001111',
        endpoint: [{ type: 'websocket', 'content-type': 'audio/l16;rate=16000' }],
      },
    ]);
  });
});
