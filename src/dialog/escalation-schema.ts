import { z } from 'zod';
import { stepNameSchema as stepName, wordNameSchema as wordName } from './schema.ts';

/** The form of `escalation.yaml`: when a caller is offered a person, or connected with one. docs/escalation.md explains it. */

const rule = z.strictObject({
  rule: stepName.meta({ description: 'Name of the rule; it stands in the call record.' }),
  about: z.string().min(1).meta({ description: 'When and why, in a sentence.' }),
  if: z.string().min(1).meta({ description: 'A condition over `call` and `said`.' }),
  do: z.enum(['offer', 'transfer']),
  reason: wordName
    .or(stepName)
    .meta({ description: 'Why, for the briefing: an entry of the labels `reason` in settings.yaml.' }),
  skill: stepName.meta({ description: 'Which people are asked for.' }),
  again: z
    .int()
    .min(1)
    .max(50)
    .optional()
    .meta({ description: 'Turns until an offer that was declined is made again; without it, never.' }),
});

export const escalationFileSchema = z.strictObject({
  flows: z
    .strictObject({ offer: stepName, transfer: stepName })
    .meta({ description: 'The flow that offers a person, and the one that connects.' }),
  apologies: z
    .strictObject({ upset: wordName.optional(), angry: wordName.optional() })
    .optional()
    .meta({ description: 'Prompts of prompts.yaml, said once when a caller becomes so.' }),
  topics: z
    .record(
      wordName,
      z.strictObject({ en: z.array(z.string().min(1)).min(1), zh: z.array(z.string().min(1)).min(1) }),
    )
    .optional()
    .meta({ description: 'Words by topic; `said.TOPIC` is true in the turn that holds one of them.' }),
  rules: z.array(rule).min(1),
});
export type EscalationSource = z.output<typeof escalationFileSchema>;
export type EscalationRule = EscalationSource['rules'][number];
