import { z } from 'zod';

/** The words of the flow language: names, expressions, targets and wordings, of which its schemas are made. */

const stepNamePattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const wordNamePattern = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;

export const stepName = z
  .string()
  .regex(stepNamePattern, 'is written in small letters with dashes, like which-order');
export const wordName = z
  .string()
  .regex(wordNamePattern, 'is written in small letters with underscores, like order_number');
export const expression = z
  .union([z.string().min(1), z.number(), z.boolean()])
  .transform(String)
  .meta({ description: 'A CEL expression over slots, call and the variables of the flows.' });
export const expressions = z.record(z.string(), expression);
export const target = stepName.meta({ description: "A step of this flow, or 'done', which ends the flow." });
export const next = target.optional().meta({ description: 'Where to go on; without it, the step below.' });
export const prompt = wordName.meta({ description: 'Name of a prompt of this file or of prompts.yaml.' });
export const prompts = z.union([prompt, z.array(prompt).min(1)]);
export const done = prompt
  .optional()
  .meta({ description: 'A prompt whose text is told to the person who takes the call over: what was done.' });

const wordings = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);
export const perLanguage = <Shape extends z.ZodType>(shape: Shape) =>
  z.strictObject({ en: shape, zh: shape });
export const inBoth = perLanguage(z.string().min(1));

/** What is said, in each language, with several wordings for when it is said again. */
export const promptSchema = z
  .strictObject({
    en: wordings,
    zh: wordings,
    text: perLanguage(wordings).optional().meta({
      description: 'Wordings for text channels, where nobody presses keys or hears a voice.',
    }),
    tense: perLanguage(z.union([wordings, z.tuple([])]))
      .optional()
      .meta({
        description:
          'Shorter wordings for callers who are angry or upset; [] leaves the prompt out for them.',
      }),
    optional: z.boolean().optional().meta({
      description: 'true: left out without a note when the values of all its wordings are missing.',
    }),
    interruptible: z.boolean().optional().meta({ description: 'false: the caller cannot talk over it.' }),
  })
  .meta({ description: 'What is said, in each language; several wordings take turns.' });
export type PromptSource = z.infer<typeof promptSchema>;
