import { z } from 'zod';
import { capabilities } from '../core/commerce.ts';
import { expectingKinds } from '../core/dialog.ts';
import {
  done,
  expression,
  expressions,
  inBoth,
  next,
  perLanguage,
  prompt,
  prompts,
  promptSchema,
  stepName,
  target,
  wordName,
} from './schema-words.ts';

/**
 * The flow language as zod schemas: one for a flow's file and one for each file that all flows share. They know shapes
 * only; what refers to what (steps, slots, prompts, expressions) is checked in `checks.ts`.
 */

/** The same for the files that have their own schema. */
export { stepName as stepNameSchema, wordName as wordNameSchema };
export { promptSchema, type PromptSource } from './schema-words.ts';

const say = z.strictObject({ say: prompts, done, next });
const ask = z.strictObject({
  ask: wordName.meta({ description: 'The slot to fill. A slot that is filled already is not asked again.' }),
  like: wordName.optional().meta({
    description: 'Another slot of slots.yaml whose kind, keys, prompts and ladders count for this question.',
  }),
  prompt,
  valid: expression
    .optional()
    .meta({ description: 'When an answer can be used; `value` is what the caller gave.' }),
  check: z
    .strictObject({
      lookup: z.string(),
      guesses: expression.optional().meta({
        description: 'What else may have been misheard, best first: a list; each is tried as `guess`.',
      }),
      input: expressions.meta({ description: '`value` is what the caller gave.' }),
      accept: expression.optional().meta({ description: 'When `result` counts as found.' }),
      notFound: z
        .array(z.string())
        .optional()
        .meta({ description: "The shop's codes that mean: no such thing." }),
      save: expressions.optional(),
    })
    .optional()
    .meta({
      description: 'A look-up that tells whether the value exists; other readings are tried silently.',
    }),
  cannot: target.optional().meta({ description: 'Where to go when the caller does not have or know it.' }),
  missing: target.optional().meta({ description: 'Where to go when the shop does not know the value.' }),
  failed: target.optional().meta({ description: 'Where to go when the repair ladder is used up.' }),
  instead: z
    .record(wordName, target)
    .optional()
    .meta({ description: 'Other slots that the caller may give instead, with the step that asks for each.' }),
  done,
  next,
});
const choose = z.strictObject({
  choose: wordName.meta({ description: 'The slot that gets the id of what was chosen.' }),
  from: expression.meta({ description: 'The list to choose from; each element is `item` below.' }),
  id: expression,
  label: prompt.meta({ description: 'How one option is read out.' }),
  words: expression.optional().meta({ description: 'A list of further words that mean this option.' }),
  vocabulary: wordName
    .optional()
    .meta({ description: 'What callers say for each id: a list under `vocabulary` in settings.yaml.' }),
  price: expression
    .optional()
    .meta({ description: 'The price of an option, an amount of money, for "the cheaper one".' }),
  inStock: expression
    .optional()
    .meta({ description: 'false: the option cannot be had, so "the cheapest one" is another.' }),
  facets: expression
    .optional()
    .meta({ description: 'What options differ in, by name: { colour: "blue", size: "large" }.' }),
  keep: expression
    .optional()
    .meta({ description: 'Facets that stay as they are where the caller names no other.' }),
  newestFirst: z.boolean().optional().meta({ description: '"The latest one" is then the first.' }),
  many: z.boolean().optional().meta({ description: 'true: several may be chosen; the slot gets a list.' }),
  readOut: z.boolean().optional().meta({ description: 'false: the prompt names the options itself.' }),
  takeOnly: z.boolean().optional().meta({ description: 'true: a single option is taken without asking.' }),
  fromWish: z
    .boolean()
    .optional()
    .meta({ description: 'true: not asked when the wish named an option already ("return the lamp").' }),
  prompt,
  save: expressions.optional(),
  none: target.optional().meta({ description: 'Where to go on "none of these".' }),
  failed: target.optional(),
  done,
  next,
});
const confirm = z.strictObject({
  confirm: wordName,
  prompt,
  yesIf: expression.optional().meta({
    description:
      'What else counts as a yes; `value` is what the caller said. Not for questions that a change rests on.',
  }),
  yes: target,
  no: target,
  correct: z.array(stepName).min(1).optional().meta({
    description:
      'Choose and ask steps of this flow whose value an answer may correct: "no, to PayPal", "only the lamp".',
  }),
  failed: target.optional(),
});
const route = z.strictObject({
  route: wordName,
  prompt,
  no: target.optional().meta({ description: 'Where to go on "no, thanks".' }),
  wrong: target.optional().meta({ description: 'Where to go on "that is not my order".' }),
  next,
});
const problems = z.record(z.string(), target).optional().meta({
  description:
    "Where to go for a code of the shop; `otherwise` for all others. Without: the pattern 'problem'.",
});
const lookup = z.strictObject({
  lookup: z.string(),
  input: expressions,
  save: expressions.optional(),
  problems,
  done,
  next,
});
const change = z.strictObject({
  change: z.string().meta({ description: 'An operation that writes.' }),
  input: expressions,
  agreed: stepName.meta({ description: 'The confirm step of this flow that read the change back.' }),
  save: expressions.optional(),
  problems,
  done,
  next,
});
const branch = z.strictObject({
  branch: z
    .array(z.union([z.strictObject({ if: expression, next: target }), z.strictObject({ otherwise: target })]))
    .min(1),
});
const callFlow = z.strictObject({
  call: stepName,
  with: expressions.optional(),
  background: z.boolean().optional().meta({ description: 'true: runs while the conversation goes on.' }),
  next,
});
const set = z.strictObject({ set: expressions, done, next });
const note = z.strictObject({ note: stepName, data: expressions.optional(), next });
const handover = z.strictObject({
  handover: z.strictObject({
    skill: expression,
    reason: expression,
    queue: expression.optional().meta({ description: 'The queue to wait in; by default that of the skill.' }),
  }),
  unavailable: target.meta({ description: 'Where to go when nobody can be reached.' }),
  refused: target.optional().meta({
    description:
      'Where to go when the queue is closed or full, see `call.refused`; by default as `unavailable`.',
  }),
  rather: target.optional().meta({
    description: 'Where to go when the caller would rather be called back; without it that is not offered.',
  }),
});
const callback = z.strictObject({
  callback: z.strictObject({ number: expression, reason: expression }),
  done,
  next,
});
const voicemail = z.strictObject({
  voicemail: z.strictObject({ limitSeconds: z.int().min(5).max(600), reason: expression }),
  failed: target.meta({ description: 'Where to go when nothing could be recorded.' }),
  done,
  next,
});
const explain = z.strictObject({
  explain: expression.meta({
    description: 'A code of the shop; the sentence of prompts.yaml for it is said.',
  }),
  next,
});
const drop = z.strictObject({ drop: z.literal('request') });
const end = z.strictObject({ end: z.enum(['resolved', 'transferred', 'callback', 'abandoned', 'failed']) });

/** Every kind of step, by the key that makes it that kind. */
export const stepSchemas = {
  say,
  ask,
  choose,
  confirm,
  route,
  lookup,
  change,
  branch,
  call: callFlow,
  set,
  note,
  handover,
  callback,
  voicemail,
  explain,
  drop,
  end,
} as const;
export type StepKind = keyof typeof stepSchemas;
export const stepKinds = Object.keys(stepSchemas) as StepKind[];
export type StepOf<Kind extends StepKind> = z.output<(typeof stepSchemas)[Kind]>;
export type StepSource = { [Kind in StepKind]: StepOf<Kind> }[StepKind];

/** Situations that any flow may be interrupted by; `settings.yaml` names the flow for each, a flow may name its own. */
export const patternNames = [
  'agent',
  'stop',
  'goodbye',
  'greeting',
  'thanks',
  'wrong-number',
  'no-match',
  'no-input',
  'not-found',
  'asr-failed',
  'tts-failed',
  'problem',
  'not-offered',
  'after-person',
] as const;
export type PatternName = (typeof patternNames)[number];
/** Answered by the engine itself. */
export const builtInPatterns = ['repeat', 'slower', 'louder', 'affirm', 'deny', 'out-of-scope'] as const;
export type RoutedPattern = PatternName | (typeof builtInPatterns)[number];

const flowCall = z.strictObject({ flow: stepName, with: expressions.optional() });
export type FlowCall = z.output<typeof flowCall>;

const flowHead = {
  flow: stepName.meta({ description: 'Name of the flow; the same as its file.' }),
  about: z.string().min(1).meta({ description: 'What the flow does, in a sentence.' }),
  needs: z
    .array(z.enum(capabilities))
    .optional()
    .meta({ description: 'What the shop must be able to do; without it the pattern `not-offered` is used.' }),
  patterns: z
    .partialRecord(z.enum(patternNames), z.union([flowCall, z.strictObject({ step: stepName })]))
    .optional()
    .meta({ description: 'What this flow does otherwise than all others when it is interrupted.' }),
  prompts: z.record(wordName, promptSchema).optional(),
};
/** The head of a flow's file; its steps are read one by one, so that each mistake is named by its step. */
export const flowHeadSchema = z.strictObject({ ...flowHead, steps: z.record(stepName, z.unknown()) });
/** A whole flow's file, for the JSON Schema that editors use. */
export const flowFileSchema = z
  .strictObject({
    ...flowHead,
    steps: z.record(stepName, z.union(Object.values(stepSchemas))),
  })
  .meta({ title: 'A flow of Kefu', description: 'See docs/flows.md.' });

const rung = z
  .array(wordName)
  .min(1)
  .meta({ description: "Prompts to say; 'question' asks again in other words." });
const ladders = z.strictObject({
  noMatch: z.array(rung),
  noInput: z.array(rung),
  unintelligible: z.array(rung),
  notFound: z.array(rung),
});
export type LadderKind = keyof z.output<typeof ladders>;

/** Kinds of slot that can be captured, and `value` for what only the flows set. */
export const slotKinds = [...expectingKinds, 'value'] as const;
const slotSchema = z.strictObject({
  kind: z.enum(slotKinds),
  about: z.string().min(1),
  plausible: expression
    .optional()
    .meta({ description: 'A list of values that are likely, such as own orders.' }),
  confirm: z.enum(['never', 'unsure', 'always']).default('unsure'),
  checks: z.number().int().min(1).max(12).optional().meta({
    description: 'Look-ups at most to find a value that may have been misheard; default as in settings.yaml.',
  }),
  readBack: prompt.optional().meta({ description: 'Asks whether `value` is right.' }),
  which: prompt.optional().meta({
    description: 'Asks which of two a chunk in doubt is: `first` or `second`, after `before`.',
  }),
  goOn: prompt.optional().meta({ description: 'Asks for the rest after the beginning, `value`.' }),
  byKeys: prompt.optional().meta({ description: 'Asks for the value by keys, when speech cannot be used.' }),
  parts: z
    .strictObject({ line1: prompt, city: prompt, state: prompt, postalCode: prompt, which: prompt })
    .optional()
    .meta({
      description: 'Prompts for the parts of an address, and for "which part is wrong?".',
    }),
  oneName: z
    .boolean()
    .optional()
    .meta({ description: 'true: a first or a last name alone, so one word is the whole.' }),
  past: z.boolean().optional().meta({ description: 'true: a date lies in the past ("last Tuesday").' }),
  keys: z.strictObject({ min: z.number().int().positive(), max: z.number().int().positive() }).optional(),
  endOfTurnMs: z.number().positive().optional(),
  noInputMs: z.number().positive().optional(),
  ladders: ladders.partial().optional(),
  words: z
    .strictObject({ en: z.array(z.string().min(1)), zh: z.array(z.string().min(1)) })
    .optional()
    .meta({ description: 'Words that name this slot: "by e-mail".' }),
});
export type SlotDefinition = z.output<typeof slotSchema>;
export const slotsFileSchema = z.strictObject({ slots: z.record(wordName, slotSchema) });

const codeShape = z.strictObject({
  format: z
    .string()
    .refine(isRegularExpression, 'is no regular expression')
    .optional()
    .meta({ description: 'A regular expression; without it any letters and digits are taken.' }),
  example: z.string().min(1),
});
export type CodeShapeSource = z.output<typeof codeShape>;

export const settingsFileSchema = z.strictObject({
  entry: stepName.meta({ description: 'The flow that every call begins with.' }),
  timeZone: z.string().refine(isTimeZone, 'is no time zone of the IANA list, such as America/New_York'),
  phoneRegion: z.string().length(2),
  orderNumber: codeShape,
  postalCode: codeShape,
  slowAfterMs: z.number().int().min(200).max(10_000),
  confirmBelow: z.number().min(0).max(1),
  digressAbove: z.number().min(0).max(1),
  checks: z
    .number()
    .int()
    .min(1)
    .max(10)
    .meta({ description: 'Look-ups at most to find a value that was misheard.' }),
  tries: z
    .number()
    .int()
    .min(1)
    .max(20)
    .meta({ description: 'Failed tries of one question, of all sorts together.' }),
  ladders,
  offerCallbackAfterSeconds: z
    .number()
    .min(0)
    .default(300)
    .meta({
      description: 'Who would wait longer for a person, or nobody knows how long, is offered a callback.',
    }),
  survey: z
    .boolean()
    .default(false)
    .meta({ description: 'true: callers are asked at the end how satisfied they are, from 1 to 5.' }),
  sensitive: z
    .array(stepName)
    .default([])
    .meta({ description: 'Flows for which a caller must also tell a one-time code.' }),
  patterns: z.record(z.enum(patternNames), flowCall),
  labels: z.record(wordName, z.record(z.string(), inBoth)).optional(),
  vocabulary: z
    .record(wordName, z.record(z.string(), perLanguage(z.array(z.string().min(1)))))
    .optional()
    .meta({ description: 'What callers say for codes, such as reasons, by list and code.' }),
});
export type Settings = z.output<typeof settingsFileSchema>;

const routeTarget = z.strictObject({
  flow: stepName,
  with: expressions.optional(),
  wanted: inBoth.meta({ description: 'What such a caller wants, for the person who takes over.' }),
});
const routePattern = z.strictObject({ pattern: z.enum([...patternNames, ...builtInPatterns]) });
const routeAnswer = z.strictObject({
  answer: wordName.meta({ description: 'A plain question: an entry of answers.yaml is said.' }),
});
export const routingFileSchema = z.strictObject({
  intents: z.record(wordName, z.union([routeTarget, routePattern, routeAnswer])),
  entities: z
    .record(wordName, wordName)
    .meta({ description: 'A slot given without a word, and the intent it means.' }),
  keys: z.record(z.string().regex(/^[1-9]$/), wordName).meta({ description: 'Keys instead of words.' }),
});
export type Routing = z.output<typeof routingFileSchema>;
export type Route = Routing['intents'][string];

export const answersFileSchema = z.strictObject({ answers: z.record(wordName, promptSchema) });
export const promptsFileSchema = z.strictObject({ prompts: z.record(wordName, promptSchema) });
export const intentsFileSchema = z.record(
  wordName,
  z.strictObject({ en: z.array(z.string().min(1)).min(1), zh: z.array(z.string().min(1)).min(1) }),
);

function isRegularExpression(source: string): boolean {
  try {
    new RegExp(source);
    return true;
  } catch {
    return false;
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
