import { z } from 'zod';
import { deskMessageSchema, deskRequestSchema } from '../core/desk.ts';
import { agentProfileSchema } from '../core/handoff.ts';

/*
 * What two nodes say to each other over a link (`/nodes/link`): JSON texts as below, and sound as binary messages: one byte with the
 * length of a person's id, the id in UTF-8, and 16-bit little-endian samples at 16 kHz. The node with the desks opens the link.
 */

/** What the node with the desks says. */
export const guestRequestSchema = z.discriminatedUnion('type', [
  /** The person's desk shall sit at the other node's board, too. The answer is `seated`; none while the person has a desk there. */
  z.object({
    type: z.literal('seat'),
    person: z.object({
      id: z.string().min(1).max(200),
      name: z.string(),
      role: z.string(),
      supervises: z.boolean(),
      profile: agentProfileSchema,
    }),
  }),
  /** The desk is gone. */
  z.object({ type: z.literal('unseat'), personId: z.string() }),
  z.object({ type: z.literal('request'), personId: z.string(), request: deskRequestSchema }),
  /** The page is away for a moment: it says nothing. */
  z.object({ type: z.literal('pause'), personId: z.string() }),
  /** The page was loaded again and shall see everything once more. */
  z.object({ type: z.literal('again'), personId: z.string() }),
]);
export type GuestRequest = Readonly<z.infer<typeof guestRequestSchema>>;

/** What the node with the calls says. */
export const guestAnswerSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('seated'), personId: z.string() }),
  /** The desk sits here no longer: the person has opened one on this node. */
  z.object({ type: z.literal('unseated'), personId: z.string() }),
  z.object({ type: z.literal('message'), personId: z.string(), message: deskMessageSchema }),
]);
export type GuestAnswer = Readonly<z.infer<typeof guestAnswerSchema>>;

/** One end's way to the other. */
export interface LinkWire<Message> {
  send(message: Message): void;
  /** Samples at 16 kHz of any number, said by or meant for a person. */
  sound(personId: string, samples: Int16Array): void;
}

/** What an end does with what comes from the other. */
export interface LinkEnd<Message> {
  message(message: Message): void;
  sound(personId: string, samples: Int16Array): void;
  /** The link is lost. Idempotent. */
  gone(): void;
}
