import { z } from 'zod';
import { parseJson } from '../../json.ts';
import {
  base64,
  key,
  packetEvent,
  readValue,
  textOnly,
  toBase64,
  vendorId,
  wholeNumber,
  type StreamCodec,
  type StreamEvent,
} from '../codec.ts';
import twilio from 'twilio';
import type { StreamVendor } from '../gateway.ts';
import type { HookRequest } from '../hooks.ts';
import { twimlHooks } from '../twiml-hooks.ts';
import { element } from '../xml.ts';

/**
 * SignalWire's bidirectional streams, after "<Stream>" (SignalWire Compatibility API, cXML). The messages are shown there inside a
 * `rawEvent`; without one they are taken as they are. L16 has its low byte first, as SignalWire's own examples pass it on unchanged.
 */
const rates = { 8000: 8000, 16000: 16000, 24000: 24000 } as const;
const mediaFormat = z.union(
  [
    z.object({ encoding: z.literal('audio/x-mulaw'), sampleRate: z.literal(8000), channels: z.literal(1) }),
    z.object({
      encoding: z.string().regex(/^audio\/x-l16$/i),
      sampleRate: z.union([z.literal(8000), z.literal(16000), z.literal(24000)]),
      channels: z.literal(1),
    }),
  ],
  { error: 'must be audio/x-mulaw at 8000 or audio/x-L16 at 8000, 16000 or 24000, one channel' },
);
const schemas = {
  connected: z.object({}),
  start: z.object({
    start: z.object({
      streamSid: vendorId,
      callSid: vendorId,
      mediaFormat,
      customParameters: z.record(z.string(), z.string()).nullish(),
    }),
  }),
  media: z.object({
    media: z.object({
      track: z.string().default('inbound'),
      chunk: wholeNumber.optional(),
      timestamp: wholeNumber.optional(),
      payload: base64,
    }),
  }),
  dtmf: z.object({ dtmf: z.object({ digit: key }) }),
  mark: z.object({ mark: z.object({ name: z.string() }) }),
  clear: z.object({}),
  stop: z.object({}),
};
const wrapped = z.object({ rawEvent: z.record(z.string(), z.unknown()) });

export function createSignalWireCodec(): StreamCodec {
  let streamSid = '';
  const decode = (text: string): StreamEvent => {
    const json = parseJson(text);
    if (!json.ok) return { type: 'malformed', problem: 'a text message is not JSON' };
    const message = readValue(wrapped.safeParse(json.value).data?.rawEvent ?? json.value, 'event', schemas);
    if (message.type !== 'message') return message;
    switch (message.name) {
      case 'connected':
      case 'clear':
        return { type: 'ignored' };
      case 'start': {
        const { callSid, mediaFormat: format, customParameters } = message.value.start;
        streamSid = message.value.start.streamSid;
        return {
          type: 'start',
          start: {
            gatewayCallId: callSid,
            from: customParameters?.from,
            to: customParameters?.to,
            language: undefined,
            format: {
              codec: format.encoding === 'audio/x-mulaw' ? 'mulaw' : 'l16',
              sampleRateHz: rates[format.sampleRate],
              packetMs: 20,
            },
          },
        };
      }
      case 'media': {
        const { track, payload, chunk, timestamp } = message.value.media;
        if (!track.startsWith('inbound')) return { type: 'ignored', note: 'audio of another track' };
        return packetEvent(payload, chunk, timestamp);
      }
      case 'dtmf':
        return { type: 'digit', digit: message.value.dtmf.digit };
      case 'mark':
        return { type: 'mark', name: message.value.mark.name };
      case 'stop':
        return { type: 'goodbye' };
    }
  };
  return {
    text: (text) => [decode(text)],
    binary: () => textOnly,
    audio: (payload) => JSON.stringify({ event: 'media', streamSid, media: { payload: toBase64(payload) } }),
    mark: (name) => [JSON.stringify({ event: 'mark', streamSid, mark: { name } })],
    clear: () => [JSON.stringify({ event: 'clear', streamSid })],
    goodbye: () => [],
  };
}

/** "Webhook Security" (SignalWire documentation): cXML requests are signed as Twilio's are, under another header. */
function signedBySignalWire(signingKey: string, { headers, url, method, fields }: HookRequest): boolean {
  const signature = headers['x-signalwire-signature'];
  if (typeof signature !== 'string') return false;
  return twilio.validateRequest(signingKey, signature, url, method === 'POST' ? fields : {});
}

/** cXML, after "<Connect>", "<Stream>" and "<Dial>" (SignalWire). Addresses of streams must have no query, so the ticket is the token. */
export const signalWire: StreamVendor = {
  name: 'signalwire',
  title: 'SignalWire',
  createCodec: createSignalWireCodec,
  returnsClearedMarks: true,
  closingIsGoodbye: false,
  hooks: twimlHooks({
    signed: signedBySignalWire,
    stream: (streamUrl, ticket) =>
      element('Stream', { url: streamUrl, authBearerToken: ticket, codec: 'L16@16000h', realtime: 'true' }),
  }),
};
