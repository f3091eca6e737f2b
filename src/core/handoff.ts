import { z } from 'zod';
import { moods } from './emotion.ts';
import { languageSchema } from './language.ts';

/** What the person who takes the call over should know before saying hello. */
export const briefingSchema = z.object({
  callId: z.string(),
  from: z.string(),
  language: languageSchema,
  /** Why the call is handed over, as a stable word such as `asked-for-person`, `shop-unavailable`, `too-many-tries`. */
  reason: z.string(),
  /** How the caller feels by now. */
  mood: z.enum(moods).optional(),
  /** What the caller wants, in one sentence. */
  wanted: z.string(),
  customer: z.object({ id: z.string(), name: z.string(), verifiedBy: z.string() }).nullable(),
  /** Slots filled so far, by name. */
  slots: z.record(z.string(), z.unknown()),
  /** What was done and what was promised, one sentence each, oldest first. */
  done: z.array(z.string()),
  /** Two sentences that a person can read at a glance. */
  summary: z.string(),
});
export type Briefing = z.infer<typeof briefingSchema>;
