import { z } from 'zod';
import { languageSchema } from '../../../core/language.ts';
import {
  binaryPacket,
  key,
  party,
  readMessage,
  vendorId,
  type StreamCodec,
  type StreamEvent,
} from '../codec.ts';
import { createHash, createHmac } from 'node:crypto';
import type { StreamVendor } from '../gateway.ts';
import type { HookRequest, StreamHooks } from '../hooks.ts';
import { sameSecret } from '../secrets.ts';
import { parseJson } from '../../json.ts';
import { e164, field, idField } from '../twiml-hooks.ts';

/**
 * Vonage Voice API WebSockets, after "WebSockets in the Vonage Voice API" (Vonage documentation): 16-bit audio, low byte first, in
 * binary messages of 20 ms, which must keep this size. The headers of the NCCO stand in the first message beside `content-type`.
 */
const rates = { 8000: 8000, 16000: 16000, 24000: 24000 } as const;
const contentType = z
  .string()
  .regex(/^audio\/l16;\s*rate=(8000|16000|24000)$/, { error: 'must be audio/l16 at 8000, 16000 or 24000' })
  .transform((text) => rates[Number(/\d+$/.exec(text)?.[0]) as keyof typeof rates]);
const schemas = {
  'websocket:connected': z.object({
    'content-type': contentType,
    uuid: vendorId.optional(),
    from: party.optional(),
    to: party.optional(),
    language: languageSchema.optional(),
  }),
  'websocket:dtmf': z.object({ digit: key }),
  'websocket:notify': z.object({ payload: z.object({ name: z.string() }) }),
  'websocket:cleared': z.object({}),
};

export function createVonageCodec(): StreamCodec {
  const decode = (text: string): StreamEvent => {
    const message = readMessage(text, 'event', schemas);
    if (message.type !== 'message') return message;
    switch (message.name) {
      case 'websocket:connected': {
        const { 'content-type': sampleRateHz, uuid, from, to, language } = message.value;
        return {
          type: 'start',
          start: {
            gatewayCallId: uuid,
            from,
            to,
            language,
            format: { codec: 'l16', sampleRateHz, packetMs: 20 },
          },
        };
      }
      case 'websocket:dtmf':
        return { type: 'digit', digit: message.value.digit };
      case 'websocket:notify':
        return { type: 'mark', name: message.value.payload.name };
      case 'websocket:cleared':
        return { type: 'ignored' };
    }
  };
  return {
    text: (text) => [decode(text)],
    binary: (payload) => [binaryPacket(payload, 2)],
    audio: (payload) => payload,
    mark: (name) => [JSON.stringify({ action: 'notify', payload: { name } })],
    clear: () => [JSON.stringify({ action: 'clear' })],
    goodbye: () => [],
  };
}

const claimsSchema = z.object({
  iat: z.number(),
  exp: z.number().optional(),
  payload_hash: z.string().optional(),
});
/** A token may be this old, in seconds. */
const maxAgeS = 300;

/** "Decoding signed webhooks" (Vonage documentation): a JWT in the Authorization header, HS256, with a hash of the body. */
function signedByVonage(secret: string, { headers, method, rawBody }: HookRequest, epochMs: number): boolean {
  const [head = '', body = '', signature = ''] =
    /^Bearer (.+)$/i.exec(String(headers.authorization ?? ''))?.[1]?.split('.') ?? [];
  const expected = createHmac('sha256', secret).update(`${head}.${body}`).digest('base64url');
  if (!sameSecret(signature, expected)) return false;
  const part = (text: string): unknown => {
    const json = parseJson(Buffer.from(text, 'base64url').toString('utf8'));
    return json.ok ? json.value : undefined;
  };
  if (!z.object({ alg: z.literal('HS256') }).safeParse(part(head)).success) return false;
  const claims = claimsSchema.safeParse(part(body)).data;
  if (!claims) return false;
  const nowS = epochMs / 1000;
  if (Math.abs(nowS - claims.iat) > maxAgeS || (claims.exp !== undefined && claims.exp < nowS)) return false;
  // Of a GET, TLS protects the query; of a POST, the hash protects the body as well.
  if (method === 'GET' || claims.payload_hash === undefined) return method === 'GET' || rawBody === '';
  return sameSecret(claims.payload_hash.toLowerCase(), createHash('sha256').update(rawBody).digest('hex'));
}

const begun: ReadonlySet<string> = new Set(['started', 'ringing', 'answered']);

/** NCCO, after "NCCO reference" (Vonage documentation): a synchronous event asks what comes after a connection. */
const hooks: StreamHooks = {
  contentType: 'application/json; charset=utf-8',
  signed: signedByVonage,
  call: (fields) => {
    const carrierCall = idField(fields, 'uuid');
    if (carrierCall === undefined) return undefined;
    return { carrierCall, from: e164(field(fields, 'from') ?? ''), to: e164(field(fields, 'to') ?? '') };
  },
  followUp: (fields) => {
    const status = field(fields, 'status') ?? '';
    return { tooEarly: begun.has(status), over: status === 'completed', dialled: status };
  },
  taken: new Set(['completed']),
  connect: ({ streamUrl, ticket, nextUrl, to }) =>
    JSON.stringify([
      {
        action: 'connect',
        eventType: 'synchronous',
        eventUrl: [nextUrl],
        from: to.replace(/^\+/, ''),
        endpoint: [
          {
            type: 'websocket',
            uri: `${streamUrl}?ticket=${ticket}`,
            'content-type': 'audio/l16;rate=16000',
            headers: {},
          },
        ],
      },
    ]),
  dial: ({ target, nextUrl, ringSeconds, to }) =>
    JSON.stringify([
      {
        action: 'connect',
        eventType: 'synchronous',
        eventUrl: [nextUrl],
        timeout: ringSeconds,
        from: to.replace(/^\+/, ''),
        endpoint: [
          target.type === 'number'
            ? { type: 'phone', number: target.address.replace(/^\+/, '') }
            : { type: 'sip', uri: target.address },
        ],
      },
    ]),
  // An NCCO without actions ends the call.
  hangup: () => '[]',
  apology: (words, language) =>
    JSON.stringify([{ action: 'talk', text: words, language: language === 'zh' ? 'cmn-CN' : 'en-US' }]),
};

export const vonage: StreamVendor = {
  name: 'vonage',
  title: 'Vonage',
  createCodec: createVonageCodec,
  returnsClearedMarks: false,
  closingIsGoodbye: true,
  hooks,
};
