import { XMLParser } from 'fast-xml-parser';
import twilio from 'twilio';
import type { IncomingCall, VoiceMedia, VoiceMediaEvent } from '../../src/core/telephony.ts';
import { answerVoice, TestPeer, type EventReader, type GatewayServer } from './gateway-server.ts';

/** What Twilio says on a stream and asks at webhooks, as its documentation describes it, with invented values. */
export const callSid = 'CA00000000000000000000000000000001';
export const streamSid = 'MZ00000000000000000000000000000001';
const accountSid = 'AC00000000000000000000000000000001';
export const caller = '+15551234567';
export const hotline = '+15550001111';

export const connected = { event: 'connected', protocol: 'Call', version: '1.0.0' };

export function startMessage(
  customParameters: Readonly<Record<string, string>> = {},
  sids: { callSid?: string; streamSid?: string } = {},
): Record<string, unknown> {
  const stream = sids.streamSid ?? streamSid;
  return {
    event: 'start',
    sequenceNumber: '1',
    start: {
      accountSid,
      streamSid: stream,
      callSid: sids.callSid ?? callSid,
      tracks: ['inbound'],
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
      customParameters,
    },
    streamSid: stream,
  };
}

export function mediaMessage(payload: string, chunk = 1, stream = streamSid): Record<string, unknown> {
  return {
    event: 'media',
    sequenceNumber: String(chunk + 1),
    media: { track: 'inbound', chunk: String(chunk), timestamp: String(chunk * 20), payload },
    streamSid: stream,
  };
}

export function dtmfMessage(digit: string): Record<string, unknown> {
  return { event: 'dtmf', streamSid, sequenceNumber: '5', dtmf: { track: 'inbound_track', digit } };
}

export function markMessage(name: string): Record<string, unknown> {
  return { event: 'mark', sequenceNumber: '4', streamSid, mark: { name } };
}

export const stopMessage = { event: 'stop', sequenceNumber: '9', streamSid, stop: { accountSid, callSid } };

/** The form fields of a voice webhook. */
export function voiceForm(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    AccountSid: accountSid,
    ApiVersion: '2010-04-01',
    CallSid: callSid,
    CallStatus: 'in-progress',
    Direction: 'inbound',
    From: caller,
    To: hotline,
    ...more,
  };
}

export interface WebhookAnswer {
  readonly status: number;
  readonly body: string;
  readonly type: string;
}

/**
 * Posts a webhook as Twilio does. With a token it is signed for `signedUrl`, the address Twilio believes it calls.
 */
export async function postWebhook(
  url: string,
  form: Readonly<Record<string, string>>,
  signature?: { authToken: string; signedUrl: string },
  headers: Readonly<Record<string, string>> = {},
): Promise<WebhookAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      ...headers,
      ...(signature && {
        'X-Twilio-Signature': twilio.getExpectedTwilioSignature(
          signature.authToken,
          signature.signedUrl,
          form,
        ),
      }),
    },
    body: new URLSearchParams(form),
  });
  return {
    status: response.status,
    body: await response.text(),
    type: response.headers.get('content-type') ?? '',
  };
}

/** A TwiML document as plain objects: attributes under `@name`, text under `#text`. */
export function parseTwiml(document: string): unknown {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    parseTagValue: false,
    ignoreDeclaration: true,
    isArray: (name) => name === 'Parameter',
  });
  return (parser.parse(document) as { Response: unknown }).Response;
}

/** The stream a TwiML document connects to. Throws when it connects to none. */
export function connectOf(document: string): {
  readonly streamUrl: string;
  readonly actionUrl: string;
  readonly parameters: Record<string, string>;
} {
  const response = parseTwiml(document) as {
    Connect?: {
      '@action': string;
      Stream: { '@url': string; Parameter: { '@name': string; '@value': string }[] };
    };
  };
  const connect = response.Connect;
  if (!connect) throw new Error(`this TwiML connects to no stream: ${document}`);
  return {
    streamUrl: connect.Stream['@url'],
    actionUrl: connect['@action'],
    parameters: Object.fromEntries(
      connect.Stream.Parameter.map((parameter) => [parameter['@name'], parameter['@value']]),
    ),
  };
}

/** What a TwiML document connects to. */
export type Connect = ReturnType<typeof connectOf>;

/** 20 ms of mu-law silence. */
export const silence = Buffer.alloc(160, 0xff).toString('base64');

/** Opens the stream that a TwiML document names, as Twilio does. */
export async function openStream(
  connect: Connect,
  options: { readonly callSid?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<{ peer: TestPeer; connect: Connect }> {
  const { headers = {}, ...sids } = options;
  const peer = await TestPeer.connect(connect.streamUrl, { headers });
  peer.send(connected);
  peer.send(startMessage(connect.parameters, sids));
  return { peer, connect };
}

/** Announces a call at the voice webhook and opens its stream. */
export async function dial(server: GatewayServer, query = ''): Promise<{ peer: TestPeer; connect: Connect }> {
  const answer = await postWebhook(`${server.url}/twilio/voice${query}`, voiceForm());
  return openStream(connectOf(answer.body));
}

/** A call of Twilio that has been answered. */
export interface TwilioTalk {
  readonly peer: TestPeer;
  readonly connect: Connect;
  readonly call: IncomingCall;
  readonly media: VoiceMedia;
  readonly events: EventReader<VoiceMediaEvent>;
}

export async function talk(server: GatewayServer, query = ''): Promise<TwilioTalk> {
  const { peer, connect } = await dial(server, query);
  const call = await server.nextCall();
  return { peer, connect, call, ...answerVoice(call, call.proposedCallId) };
}

/** Asks an action URL how to go on, as Twilio does when a stream or a `<Dial>` has ended. */
export function ask(actionUrl: string, more: Readonly<Record<string, string>> = {}): Promise<WebhookAnswer> {
  return postWebhook(actionUrl, voiceForm(more));
}
