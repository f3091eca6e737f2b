import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { languageSchema } from '../../core/language.ts';
import { parseJson } from '../json.ts';

/** Compares two secrets in a time that tells nothing about them, not even their lengths. */
export function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** What a webhook's answer says about its call, for the stream that the vendor then opens. */
const ticketSchema = z.object({
  /** The vendor's id of the call. */
  carrierCall: z.string(),
  /** Kefu's own. */
  callId: z.string(),
  from: z.string(),
  to: z.string(),
  language: languageSchema.optional(),
  /** True when the stream continues the call `callId`. */
  resumes: z.boolean(),
  /** The vendor's word for why a transfer found nobody. */
  transferFailed: z.string().optional(),
});
export type Ticket = z.infer<typeof ticketSchema>;

/** What the follow-up webhook of a call knows of it. */
const followUpSchema = z.object({
  carrierCall: z.string(),
  callId: z.string(),
  language: languageSchema.optional(),
  from: z.string(),
  to: z.string(),
  /** How often a lost stream of this call has been replaced. */
  resumptions: z.number().int().nonnegative(),
  /** True after a dialled transfer. */
  dialled: z.boolean(),
});
export type FollowUp = z.infer<typeof followUpSchema>;

/** Seals what travels through the vendor and comes back: it cannot be forged, used for another purpose, or used late. */
export interface Sealer {
  ticket(ticket: Ticket): string;
  readTicket(text: string): Ticket | undefined;
  followUp(state: FollowUp): string;
  readFollowUp(text: string): FollowUp | undefined;
}

/** Vendors open a stream within seconds of the answer; a recorded ticket is worthless after this time. */
export const ticketMs = 120_000;
/** No call lasts longer. */
const followUpMs = 24 * 3_600_000;

/**
 * @param token the secret from which the key is derived, so that every process and node has the same. Without one only programs of
 *   this machine are served; they can claim anything anyway.
 */
export function createSealer(vendor: string, token: string | undefined, clock: Clock): Sealer {
  const sealKey = createHmac('sha256', token ?? 'no stream token')
    .update('kefu streams, version 1')
    .digest();
  const signatureOf = (purpose: string, body: string): string =>
    createHmac('sha256', sealKey)
      .update(JSON.stringify([vendor, purpose, body]))
      .digest('base64url');
  const seal = (purpose: string, value: object, goodForMs: number): string => {
    const body = Buffer.from(JSON.stringify({ ...value, until: clock.epochMs() + goodForMs })).toString(
      'base64url',
    );
    return `${body}.${signatureOf(purpose, body)}`;
  };
  const read = <T>(purpose: string, schema: z.ZodType<T>, text: string): T | undefined => {
    const [body = '', signature = ''] = text.split('.');
    if (!sameSecret(signature, signatureOf(purpose, body))) return undefined;
    const json = parseJson(Buffer.from(body, 'base64url').toString('utf8'));
    const value: unknown = json.ok ? json.value : undefined;
    const good = z.object({ until: z.number() }).safeParse(value).data;
    if (!good || good.until < clock.epochMs()) return undefined;
    return schema.safeParse(value).data;
  };
  return {
    ticket: (ticket) => seal('ticket', ticket, ticketMs),
    readTicket: (text) => read('ticket', ticketSchema, text),
    followUp: (state) => seal('follow-up', state, followUpMs),
    readFollowUp: (text) => read('follow-up', followUpSchema, text),
  };
}
