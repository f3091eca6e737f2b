import twilio from 'twilio';
import { afterEach, describe, expect, it } from 'vitest';
import { createTwilioGateway, type TwilioGatewayOptions } from '../../../src/telephony/twilio/gateway.ts';
import { createCapturedLog } from '../../support/captured-log.ts';
import { answerVoice, GatewayServer, TestPeer, upgradeAnswer } from '../../support/gateway-server.ts';
import {
  caller,
  connectOf,
  hotline,
  postWebhook,
  startMessage,
  voiceForm,
  type WebhookAnswer,
} from '../../support/twilio.ts';

describe('who the Twilio gateway serves', () => {
  const servers: GatewayServer[] = [];
  const serve = async (options: Partial<TwilioGatewayOptions> = {}): Promise<GatewayServer> => {
    const server = await GatewayServer.listen((tools) => createTwilioGateway({ ...tools, ...options }));
    servers.push(server);
    return server;
  };
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  describe('with an auth token', () => {
    const authToken = 'secret-of-the-account';
    const publicUrl = 'https://kefu.example.com';
    const signedServer = (): Promise<GatewayServer> => serve({ authToken, publicUrl: `${publicUrl}/` });
    const sign = (url: string, form: Record<string, string> = {}): string =>
      twilio.getExpectedTwilioSignature(authToken, url, form);
    const post = (
      server: GatewayServer,
      path: string,
      form: Record<string, string>,
      signedUrl = publicUrl + path,
    ): Promise<WebhookAnswer> => postWebhook(server.url + path, form, { authToken, signedUrl });
    const local = (server: GatewayServer, url: string): string =>
      url.replace('wss://kefu.example.com', server.url).replace(publicUrl, server.url);

    it('needs the public address that Twilio signs', () => {
      expect(() => createTwilioGateway({ authToken, log: createCapturedLog() })).toThrow('KEFU_PUBLIC_URL');
    });

    it('serves signed webhooks and signed streams, from behind a proxy too', async () => {
      const server = await signedServer();
      const answer = await postWebhook(
        `${server.url}/twilio/voice?language=en`,
        voiceForm(),
        { authToken, signedUrl: `${publicUrl}/twilio/voice?language=en` },
        { 'X-Forwarded-For': '203.0.113.9' },
      );
      const connect = connectOf(answer.body);
      expect(connect.streamUrl).toBe('wss://kefu.example.com/twilio/media');
      expect(connect.actionUrl).toContain(`${publicUrl}/twilio/action?`);
      const peer = await TestPeer.connect(local(server, connect.streamUrl), {
        headers: { 'X-Twilio-Signature': sign(connect.streamUrl), 'X-Forwarded-For': '203.0.113.9' },
      });
      peer.send(startMessage(connect.parameters));
      const call = await server.nextCall();
      expect(call).toMatchObject({ from: caller, to: hotline, language: 'en' });
      const { events } = answerVoice(call);
      peer.vanish();
      await events.done;
      const action = connect.actionUrl.slice(publicUrl.length);
      expect(connectOf((await post(server, action, voiceForm())).body).parameters.resumes).toBe('1');
    });

    it.each([
      'wss://kefu.example.com/twilio/media',
      'wss://kefu.example.com/twilio/media/',
      'wss://kefu.example.com:443/twilio/media',
      'wss://kefu.example.com:443/twilio/media/',
    ])('takes a stream signed for %s', async (signedUrl) => {
      const server = await signedServer();
      const signature = { 'X-Twilio-Signature': sign(signedUrl) };
      expect(await upgradeAnswer(`${server.url}/twilio/media`, signature)).toMatchObject({ status: 101 });
    });

    it('answers 403 to webhooks that are not signed, signed for another address, or changed', async () => {
      const server = await signedServer();
      const path = '/twilio/voice';
      const unsigned = await postWebhook(server.url + path, voiceForm());
      expect(unsigned).toMatchObject({ status: 403 });
      expect(unsigned.body).toContain('X-Twilio-Signature');
      expect(await post(server, path, voiceForm(), 'https://other.example/twilio/voice')).toMatchObject({
        status: 403,
      });
      const changed = await postWebhook(server.url + path, voiceForm({ From: '+15559999999' }), undefined, {
        'X-Twilio-Signature': sign(publicUrl + path, voiceForm()),
      });
      expect(changed).toMatchObject({ status: 403 });
      for (const other of ['/twilio/action', '/twilio/status']) {
        expect(await postWebhook(server.url + other, voiceForm())).toMatchObject({ status: 403 });
      }
      expect(server.log.find('Refused a webhook request')).toHaveLength(5);
    });

    it('answers 403 to streams that are not signed or signed for a page', async () => {
      const server = await signedServer();
      const url = `${server.url}/twilio/media`;
      expect(await upgradeAnswer(url)).toMatchObject({ status: 403 });
      const page = { 'X-Twilio-Signature': sign(`${publicUrl}/twilio/media`) };
      expect(await upgradeAnswer(url, page)).toMatchObject({ status: 403 });
    });

    it('believes a start only when our webhook has written its parameters, for this call, just now', async () => {
      const server = await signedServer();
      const { parameters } = connectOf((await post(server, '/twilio/voice', voiceForm())).body);
      const headers = { 'X-Twilio-Signature': sign('wss://kefu.example.com/twilio/media') };
      const claims: [string, Record<string, unknown>][] = [
        ['unsigned', startMessage({ from: '+15559999999' })],
        ['forged', startMessage({ ...parameters, from: '+15559999999' })],
        ['forged', startMessage({ ...parameters, resumes: '1' })],
        ['forged', startMessage(parameters, { callSid: 'CAother' })],
      ];
      for (const [word, message] of claims) {
        const peer = await TestPeer.connect(`${server.url}/twilio/media`, { headers });
        peer.send(message);
        expect(await peer.closed).toBe(1008);
        const logged = server.log.find('Closed a stream that broke the protocol before its call began');
        expect(String(logged.at(-1)?.fields.detail)).toContain(word);
      }
      server.clock.advance(121_000);
      const late = await TestPeer.connect(`${server.url}/twilio/media`, { headers });
      late.send(startMessage(parameters));
      expect(await late.closed).toBe(1008);
      expect(server.calls).toEqual([]);
    });
  });

  describe('without an auth token', () => {
    it.each([
      ['a proxy or tunnel', { 'X-Forwarded-For': '203.0.113.9' }],
      ['a web page', { Origin: 'http://127.0.0.1' }],
    ])('refuses requests through %s, saying what to set', async (_name, headers) => {
      const server = await serve();
      const webhook = await postWebhook(`${server.url}/twilio/voice`, voiceForm(), undefined, headers);
      expect(webhook).toMatchObject({ status: 403 });
      expect(webhook.body).toContain('KEFU_TWILIO_AUTH_TOKEN');
      const stream = await upgradeAnswer(`${server.url}/twilio/media`, headers);
      expect(stream).toMatchObject({ status: 403 });
      expect(stream.body).toContain('KEFU_TWILIO_AUTH_TOKEN');
    });
  });
});
