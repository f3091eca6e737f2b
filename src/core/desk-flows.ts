import { z } from 'zod';
import { expectingKinds } from './dialog.ts';
import { languageSchema } from './language.ts';

/*
 * What a desk and Kefu say to each other about flows that an agent has carried out for a caller, and about suggested answers: plain
 * requests beside the desk's WebSocket, each answered once there is something to show.
 */

/** A flow that an agent can start. */
export const deskFlowOfferSchema = z.object({
  /** The intent of routing.yaml that it answers. */
  intent: z.string(),
  label: z.object({ en: z.string(), zh: z.string() }),
});
export type DeskFlowOffer = Readonly<z.infer<typeof deskFlowOfferSchema>>;

export const deskFlowStartSchema = z.object({
  callId: z.string(),
  intent: z.string(),
  language: languageSchema,
  /** Whether it is about the order that the call is about. */
  sameOrder: z.boolean().default(true),
});
export type DeskFlowStart = Readonly<z.infer<typeof deskFlowStartSchema>>;

/** An answer to the question of a flow. Only `confirm` answers a question for yes or no, since only a click agrees to a change. */
export const deskFlowAnswerSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('confirm'), yes: z.boolean() }),
  z.object({ kind: z.literal('choose'), ids: z.array(z.string()).min(1).max(50) }),
  z.object({ kind: z.literal('text'), text: z.string().trim().min(1).max(2000) }),
]);
export type DeskFlowAnswer = Readonly<z.infer<typeof deskFlowAnswerSchema>>;

export const deskFlowQuestionSchema = z.object({
  kind: z.enum(['confirm', 'choose', 'text']),
  /** What is asked for, such as `email`. */
  expects: z.enum(expectingKinds),
  /** A yes changes something at the shop. */
  changes: z.boolean(),
  choices: z.array(z.object({ id: z.string(), label: z.string() })),
  /** Several choices may be taken at once. */
  many: z.boolean(),
});
export type DeskFlowQuestion = Readonly<z.infer<typeof deskFlowQuestionSchema>>;

/** `needs-person`: Kefu cannot do more, the agent must; `cancelled`: it was left before its end. */
export const deskFlowOutcomes = ['done', 'cancelled', 'needs-person', 'failed'] as const;

/** A change that was sent to the shop. */
export const deskFlowChangeSchema = z.object({
  operation: z.string(),
  ok: z.boolean(),
  code: z.string().nullable(),
});
export type DeskFlowChange = Readonly<z.infer<typeof deskFlowChangeSchema>>;

/** How a flow stands. */
export const deskFlowSchema = z.object({
  id: z.string(),
  callId: z.string(),
  intent: z.string(),
  lines: z.array(z.object({ who: z.enum(['kefu', 'agent']), text: z.string() })),
  /** Null once it is over. */
  question: deskFlowQuestionSchema.nullable(),
  outcome: z.enum(deskFlowOutcomes).nullable(),
  changes: z.array(deskFlowChangeSchema),
  /** What was done, one sentence each. */
  done: z.array(z.string()),
});
export type DeskFlow = Readonly<z.infer<typeof deskFlowSchema>>;

export const mostSuggestions = 3;
/** Sentences that fit the caller's latest words, in the caller's language. */
export const suggestionsSchema = z.object({
  suggestions: z.array(z.object({ kind: z.enum(['answer', 'order']), text: z.string() })),
});
export type Suggestion = Readonly<z.infer<typeof suggestionsSchema>>['suggestions'][number];
