import { z } from 'zod';
import { contactChannels } from './handoff.ts';
import { languageSchema } from './language.ts';

/* What desks read of calls that are over: messages that wait for somebody, and earlier contacts of whom they speak with. */

/** A message that a caller has left and nobody has settled yet. */
export const openMessageSchema = z.object({
  /** The call in which it was left; its place in the queue has the same id. */
  callId: z.string(),
  number: z.string(),
  customerName: z.string().nullable(),
  language: languageSchema,
  leftAtEpochMs: z.number(),
  /** What was said, as it was recognised. */
  text: z.string(),
  durationMs: z.number(),
  /** Whether its sound can be played. */
  hasSound: z.boolean(),
  /** Who has it ringing or in hand; null while it waits. */
  takenBy: z.string().nullable(),
});
export type OpenMessage = Readonly<z.infer<typeof openMessageSchema>>;
export const openMessagesSchema = z.object({ messages: z.array(openMessageSchema) });

/** A contact that is over, as whoever speaks with the same customer now should know it. */
export const earlierContactSchema = z.object({
  callId: z.string(),
  atEpochMs: z.number(),
  channel: z.enum(contactChannels),
  /** How it ended, as in the record of calls; null when it broke off. */
  outcome: z.string().nullable(),
  /** What was wanted, in a few words; empty when no person was asked for. */
  wanted: z.string(),
  /** What colleagues wrote down, oldest first. */
  notes: z.array(z.object({ name: z.string(), text: z.string(), atEpochMs: z.number() })),
  /** What it was about, as a colleague has said after it. */
  wrapUpCode: z.string().nullable(),
});
export type EarlierContact = Readonly<z.infer<typeof earlierContactSchema>>;
export const earlierContactsSchema = z.object({ contacts: z.array(earlierContactSchema) });
