import { z } from 'zod';
import { briefingSchema, contactSchema } from './handoff.ts';
import { languageSchema } from './language.ts';

/** Somebody who was promised a call. Their place in the queue is the entry with the same id. */
export const callbackSchema = z.object({
  /** Id of the call in which it was promised; it goes on under the same id. */
  callId: z.string(),
  /** Where they are called. */
  number: z.string(),
  language: languageSchema,
  promisedAtEpochMs: z.number(),
  briefing: briefingSchema,
  contact: contactSchema.omit({ id: true, channel: true }),
  /** State of the dialog to go on from; null where only a person can take it up. */
  dialog: z.record(z.string(), z.unknown()).nullable(),
  /** How often nobody answered. */
  tries: z.int().min(0),
});
export type Callback = Readonly<z.infer<typeof callbackSchema>>;

/** Promised calls; they outlive every process. */
export interface CallbackStore {
  /** Keeps it, or what it has become. */
  keep(callback: Callback): Promise<void>;
  get(callId: string): Promise<Callback | undefined>;
  remove(callId: string): Promise<void>;
}
