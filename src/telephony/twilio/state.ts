import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { languageSchema, type Language } from '../../core/language.ts';

/**
 * What must outlive a stream, and even this process, travels through Twilio and comes back signed: as parameters of the `<Stream>`
 * (what the stream's `start` may claim about its call) and in the query of the action URL (how to go on when the stream ends).
 */

/** What a stream's `start` claims about its call. */
export interface StreamClaims {
  readonly callId: string;
  readonly from: string;
  readonly to: string;
  readonly language: Language | undefined;
  /** True when this stream continues the call `callId`. */
  readonly resumes: boolean;
  /** Twilio's word for why a transfer found nobody, such as `no-answer`. */
  readonly transferFailed: string | undefined;
  /** Set when Kefu has dialled this call: the dialer's id of it. */
  readonly dial?: string | undefined;
}

/** What the action URL knows of its call. */
export interface ActionState {
  readonly callId: string;
  readonly language: Language | undefined;
  /** How often a lost stream of this call has been replaced. */
  readonly resumptions: number;
  /** True on the action URL of a `<Dial>`: it tells how a transfer ended. */
  readonly dialled: boolean;
}

export type Fields = Readonly<Record<string, string>>;

/** Signs and checks the fields that travel. */
export interface StateSigner {
  /** Parameters for a stream of the call `callSid`, good for `streamClaimsMs`. Empty values are left out. */
  streamParameters(callSid: string, claims: StreamClaims): Fields;
  /** The claims, or why they cannot be believed. */
  readStream(callSid: string, parameters: Fields): StreamClaims | 'unsigned' | 'forged' | 'expired';
  /** Query fields of an action URL for the call `callSid`. */
  actionFields(callSid: string, state: ActionState): Fields;
  readAction(callSid: string, query: unknown): ActionState | undefined;
}

/** Twilio opens a stream within a second or two of the TwiML; a recorded start is worthless after this time. */
export const streamClaimsMs = 120_000;
/** Twilio allows 500 characters for name and value of a parameter together. */
const maxValueLength = 400;

const callId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
const streamFieldsSchema = z.object({
  call: callId,
  from: z.string().default(''),
  to: z.string().default(''),
  language: languageSchema.optional(),
  resumes: z.literal('1').optional(),
  transferFailed: z.string().optional(),
  dial: callId.optional(),
  expires: z.string().regex(/^\d{1,12}$/),
});
const actionFieldsSchema = z.object({
  call: callId,
  language: languageSchema.optional(),
  resumptions: z.string().regex(/^\d$/),
  dialled: z.literal('1').optional(),
});
const signedSchema = z.looseObject({ signature: z.string() });

/**
 * @param authToken Twilio's auth token, from which the key is derived, so that every process and node has the same key. Without one
 *   only programs of this machine are served; they can claim anything anyway, so the key then need not be secret.
 */
export function createStateSigner(authToken: string | undefined, clock: Clock): StateSigner {
  const key = createHmac('sha256', authToken ?? 'no auth token')
    .update('kefu twilio state, version 1')
    .digest();

  /** The purpose and the call are signed too: fields of one call or of one place are worth nothing in another. */
  const signatureOf = (purpose: string, callSid: string, fields: Fields): Buffer => {
    const entries = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
    return createHmac('sha256', key)
      .update(JSON.stringify([purpose, callSid, entries]))
      .digest();
  };
  const sign = (
    purpose: string,
    callSid: string,
    fields: Readonly<Record<string, string | undefined>>,
  ): Fields => {
    const present = Object.fromEntries(
      Object.entries(fields).flatMap(([name, value]) =>
        value === undefined || value === '' ? [] : [[name, value.slice(0, maxValueLength)]],
      ),
    );
    return { ...present, signature: signatureOf(purpose, callSid, present).toString('base64url') };
  };
  const verified = (purpose: string, callSid: string, names: readonly string[], given: unknown): boolean => {
    const parsed = signedSchema.safeParse(given);
    if (!parsed.success) return false;
    const { signature, ...rest } = parsed.data;
    const fields: Record<string, string> = {};
    for (const name of names) {
      const value = rest[name];
      if (typeof value === 'string') fields[name] = value;
    }
    const expected = signatureOf(purpose, callSid, fields);
    const actual = Buffer.from(signature, 'base64url');
    return actual.length === expected.length && timingSafeEqual(actual, expected);
  };

  return {
    streamParameters: (callSid, claims) =>
      sign('stream', callSid, {
        call: claims.callId,
        from: claims.from,
        to: claims.to,
        language: claims.language,
        resumes: claims.resumes ? '1' : undefined,
        transferFailed: claims.transferFailed,
        dial: claims.dial,
        expires: String(Math.ceil((clock.epochMs() + streamClaimsMs) / 1000)),
      }),
    readStream(callSid, parameters) {
      if (parameters.signature === undefined) return 'unsigned';
      const fields = streamFieldsSchema.safeParse(parameters);
      if (!fields.success) return 'forged';
      if (!verified('stream', callSid, Object.keys(streamFieldsSchema.shape), parameters)) return 'forged';
      if (Number(fields.data.expires) * 1000 < clock.epochMs()) return 'expired';
      const { call, from, to, language, resumes, transferFailed, dial } = fields.data;
      return {
        ...{ callId: call, from, to, language, resumes: resumes !== undefined, transferFailed },
        ...(dial !== undefined && { dial }),
      };
    },
    actionFields: (callSid, state) =>
      sign('action', callSid, {
        call: state.callId,
        language: state.language,
        resumptions: String(state.resumptions),
        dialled: state.dialled ? '1' : undefined,
      }),
    readAction(callSid, query) {
      const fields = actionFieldsSchema.safeParse(query);
      if (!fields.success) return undefined;
      if (!verified('action', callSid, Object.keys(actionFieldsSchema.shape), query)) return undefined;
      const { call, language, resumptions, dialled } = fields.data;
      return { callId: call, language, resumptions: Number(resumptions), dialled: dialled !== undefined };
    },
  };
}
