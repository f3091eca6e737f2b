import { z } from 'zod';
import {
  binaryPacket,
  key,
  party,
  readValue,
  vendorId,
  type StreamCodec,
  type StreamEvent,
} from '../codec.ts';
import { parseJson, problemOf } from '../../json.ts';
import { createHmac } from 'node:crypto';
import type { StreamVendor } from '../gateway.ts';
import type { HookRequest, StreamHooks } from '../hooks.ts';
import { sameSecret } from '../secrets.ts';
import { e164, field, idField } from '../twiml-hooks.ts';

/**
 * jambonz `listen` with bidirectional streaming, after "Listen" (jambonz documentation): one JSON text with the attributes of the
 * call, then binary 16-bit audio, low byte first. What Kefu sends has the rate that the verb names in `bidirectionalAudio.sampleRate`; Kefu's own answer
 * names the same rate for both directions.
 */
const firstSchema = z.object({
  callSid: vendorId,
  from: party.optional(),
  to: party.optional(),
  sampleRate: z.union([z.literal(8000), z.literal(16000), z.literal(24000), z.literal(48000)], {
    error: 'must be 8000, 16000, 24000 or 48000',
  }),
  mixType: z.literal('mono', { error: 'must be mono' }).default('mono'),
});
const eventSchemas = {
  dtmf: z.object({ dtmf: key }),
};
const typeSchemas = {
  mark: z.object({ data: z.object({ name: z.string(), event: z.string().optional() }) }),
  playDone: z.object({}),
};

export function createJambonzCodec(): StreamCodec {
  let started = false;
  const decode = (text: string): StreamEvent => {
    const json = parseJson(text);
    if (!json.ok) return { type: 'malformed', problem: 'a text message is not JSON' };
    if (!started) {
      const first = firstSchema.safeParse(json.value);
      if (!first.success)
        return { type: 'malformed', problem: `the first message: ${problemOf(first.error)}` };
      started = true;
      const { callSid, from, to, sampleRate } = first.data;
      return {
        type: 'start',
        start: {
          gatewayCallId: callSid,
          from,
          to,
          language: undefined,
          format: { codec: 'l16', sampleRateHz: sampleRate, packetMs: 20 },
        },
      };
    }
    const { value } = json;
    if (typeof value === 'object' && value !== null && 'event' in value) {
      const message = readValue(value, 'event', eventSchemas);
      return message.type === 'message' ? { type: 'digit', digit: message.value.dtmf } : message;
    }
    const message = readValue(value, 'type', typeSchemas);
    if (message.type !== 'message') return message;
    return message.name === 'mark' ? { type: 'mark', name: message.value.data.name } : { type: 'ignored' };
  };
  return {
    text: (text) => [decode(text)],
    binary: (payload) => [binaryPacket(payload, 2)],
    audio: (payload) => payload,
    mark: (name) => [JSON.stringify({ type: 'mark', data: { name } })],
    clear: () => [JSON.stringify({ type: 'killAudio' }), JSON.stringify({ type: 'clearMarks' })],
    goodbye: () => [JSON.stringify({ type: 'disconnect' })],
  };
}

/** A signature may be this old, in seconds. */
const maxAgeS = 300;
/** Rate of both directions. */
const sampleRate = 16_000;

/** "Verifying a signed request" (jambonz documentation): `t=seconds,v1=hex` over `t.body`, HMAC-SHA256 with the webhook secret. */
function signedByJambonz(secret: string, { headers, rawBody }: HookRequest, epochMs: number): boolean {
  const header = headers['jambonz-signature'];
  if (typeof header !== 'string') return false;
  const timestamp = /(?:^|,)\s*t=(\d+)/.exec(header)?.[1] ?? '';
  if (timestamp === '' || Math.abs(epochMs / 1000 - Number(timestamp)) > maxAgeS) return false;
  const expected = createHmac('sha256', secret).update(`${timestamp}.${rawBody}`).digest('hex');
  return [...header.matchAll(/(?:^|,)\s*v1=([0-9a-f]+)/g)].some(([, given = '']) =>
    sameSecret(given, expected),
  );
}

/** Verbs, after "listen" and "dial" (jambonz documentation). The action hook is asked when the stream has ended. */
const hooks: StreamHooks = {
  contentType: 'application/json; charset=utf-8',
  signed: signedByJambonz,
  call: (fields) => {
    const carrierCall = idField(fields, 'call_sid');
    if (carrierCall === undefined) return undefined;
    return { carrierCall, from: e164(field(fields, 'from') ?? ''), to: e164(field(fields, 'to') ?? '') };
  },
  followUp: (fields) => ({
    over: ['completed', 'failed', 'busy', 'no-answer'].includes(field(fields, 'call_status') ?? ''),
    dialled: field(fields, 'dial_call_status'),
  }),
  taken: new Set(['completed']),
  connect: ({ streamUrl, ticket, nextUrl }) =>
    JSON.stringify([
      {
        verb: 'listen',
        url: streamUrl,
        wsAuth: { username: 'kefu', password: ticket },
        actionHook: nextUrl,
        mixType: 'mono',
        sampleRate,
        passDtmf: true,
        bidirectionalAudio: { enabled: true, streaming: true, sampleRate },
      },
    ]),
  dial: ({ target, nextUrl, ringSeconds, to }) =>
    JSON.stringify([
      {
        verb: 'dial',
        actionHook: nextUrl,
        timeout: ringSeconds,
        ...(to !== '' && { callerId: to }),
        target: [
          target.type === 'number'
            ? { type: 'phone', number: target.address }
            : { type: 'sip', sipUri: target.address },
        ],
      },
    ]),
  hangup: () => JSON.stringify([{ verb: 'hangup' }]),
  apology: (words) => JSON.stringify([{ verb: 'say', text: words }, { verb: 'hangup' }]),
};

export const jambonz: StreamVendor = {
  name: 'jambonz',
  title: 'jambonz',
  createCodec: createJambonzCodec,
  returnsClearedMarks: false,
  closingIsGoodbye: true,
  hooks,
};
