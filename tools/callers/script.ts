import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { shopOperations, type ShopOperation } from '../../src/core/commerce.ts';
import { KefuError } from '../../src/core/errors.ts';
import { languageSchema } from '../../src/core/language.ts';
import { check, readFlowSource, type FlowProblem } from '../../src/dialog/flow-source.ts';

/** The form of a caller's script; docs/callers.md explains each key to those who write them. */

const words = z.string().min(1);
/** One text or several, the next one said when the question comes again. */
const oneOrMore = z.union([words, z.array(words).min(1)]).transform((given) => {
  return typeof given === 'string' ? [given] : given;
});
const optionValues = z.record(z.string(), z.string());

export const factNames = [
  'first_name',
  'last_name',
  'full_name',
  'email',
  'postal_code',
  'phone',
  'order_number',
  'address',
] as const;
export type FactName = (typeof factNames)[number];

const itemSchema = z.strictObject({
  /** What the caller calls it. */
  product: words,
  /** How it differs from other things of the same name. */
  options: optionValues.default({}),
  /** The options that are always said with its name: "the 17-inch laptop". */
  telling: z.array(z.string()).default([]),
  /** The shop's id, by which an option of a list is recognised; never said. */
  id: words.optional(),
  quantity: z.number().int().positive().default(1),
  /** Given up again when Kefu reads the request back. */
  withdrawn: z.boolean().default(false),
  /** Mentioned only when Kefu reads the request back. */
  afterthought: z.boolean().default(false),
});
export type CallerItem = z.output<typeof itemSchema>;

const changeSchema = itemSchema.extend({
  /** What it is to become. */
  to: optionValues.default({}),
  /** How the wish is put at first, where it is not by values: "the cheapest one". */
  toWords: words.optional(),
  newId: words.optional(),
  /** Values of other variants, by option: a read-back with one of them, and without the wished one, is wrong. */
  mistaken: z.record(z.string(), z.array(z.string())).default({}),
  /** Other wishes, in order, where the first cannot be had; after the last the item is left as it is. */
  otherwise: z.array(optionValues).default([]),
});
export type CallerChange = z.output<typeof changeSchema>;

export const wants = [
  'cancel_order',
  'return_item',
  'exchange_item',
  'change_items',
  'change_order_address',
  'change_account_address',
  'change_payment',
  'order_status',
  'refund_status',
  'human_agent',
  'other',
] as const;
export type Want = (typeof wants)[number];

const goalShape = {
  want: z.enum(wants),
  /** Opening words instead of the built-in ones of this want. */
  say: oneOrMore.optional(),
  /** The order it is about. The caller says its number only when `knowsOrder`; otherwise it is recognised in lists. */
  order: words.optional(),
  knowsOrder: z.boolean().default(false),
  items: z.array(itemSchema).default([]),
  changes: z.array(changeSchema).default([]),
  /** A reason as the shop names it, such as `ordered_by_mistake`. */
  reason: words.optional(),
  /** Payment methods in words (`PayPal`, `gift card`, `Visa ending in 4417`), the preferred first. */
  payment: oneOrMore.optional(),
  address: words.optional(),
  /** Where the shop finds the address ("the same as in my account"): said instead of `address`, which is then only recognised. */
  addressHint: oneOrMore.optional(),
  resolution: words.optional(),
  /** False: asks, but says no when Kefu would do it. */
  agree: z.boolean().default(true),
};

export interface Goal extends z.output<z.ZodObject<typeof goalShape>> {
  /** Goals that follow when this one could not be had. */
  readonly ifRefused: readonly Goal[];
  /** Goals that follow when it was done. */
  readonly ifDone: readonly Goal[];
}
type GoalInput = z.input<z.ZodObject<typeof goalShape>> & {
  readonly ifRefused?: GoalInput[] | undefined;
  readonly ifDone?: GoalInput[] | undefined;
};
const goalSchema: z.ZodType<Goal, GoalInput> = z
  .strictObject({
    ...goalShape,
    ifRefused: z.lazy(() => z.array(goalSchema)).default([]),
    ifDone: z.lazy(() => z.array(goalSchema)).default([]),
  })
  .check((ctx) => {
    const { want, say, changes } = ctx.value;
    const { address } = ctx.value;
    const missing = (sentence: string, key: string) => {
      ctx.issues.push({ code: 'custom', message: sentence, input: ctx.value, path: [key] });
    };
    if (want === 'other' && say === undefined) missing('what "other" means must be said: add `say`', 'want');
    if ((want === 'exchange_item' || want === 'change_items') && changes.length === 0) {
      missing(`"${want}" needs \`changes\`: which item, and \`to\` what`, 'want');
    }
    if ((want === 'change_order_address' || want === 'change_account_address') && address === undefined) {
      missing(`"${want}" needs \`address\``, 'want');
    }
  });

const writeNames = Object.entries(shopOperations)
  .filter(([, { write }]) => write)
  .map(([name]) => name) as [ShopOperation, ...ShopOperation[]];

const ruleSchema = z
  .strictObject({
    /** The slot Kefu asks for. */
    slot: words.optional(),
    /** Words in what Kefu said; `/.../` is a regular expression. */
    heard: words.optional(),
    say: oneOrMore.optional(),
    keys: z
      .string()
      .regex(/^[0-9*#]+$/, 'only the keys 0-9, * and #')
      .optional(),
    hangUp: z.literal(true).optional(),
    /** How often the rule may be used. */
    times: z.number().int().positive().default(1),
  })
  .refine(({ slot, heard }) => slot !== undefined || heard !== undefined, 'says when: add `slot` or `heard`')
  .refine(
    ({ say, keys, hangUp }) => [say, keys, hangUp].filter((each) => each !== undefined).length === 1,
    'needs exactly one of `say`, `keys` and `hangUp`',
  );
export type CallerRule = z.output<typeof ruleSchema>;

export const callerScriptSchema = z.strictObject({
  caller: words,
  language: languageSchema.default('en'),
  /** The calling number. */
  from: z.string().default('+15550009999'),
  /** What the caller knows. A list is said one after the other: a first try and its corrections. */
  facts: z.partialRecord(z.enum(factNames), oneOrMore).default({}),
  goals: z.array(goalSchema).min(1),
  manner: z
    .strictObject({
      /** `asked`: answers what is asked; `all`: gives everything with the first sentence. */
      gives: z.enum(['asked', 'all']).default('asked'),
      /** Share of answers, 0 to 1, with an "um" or "well" before them. */
      hesitates: z.number().min(0).max(1).default(0),
      /** Share of answers with a word of the other language. */
      mixes: z.number().min(0).max(1).default(0),
      /** Hangs up when the same thing is asked more often than this. */
      patience: z.number().int().positive().default(5),
    })
    .prefault({}),
  /** Wordings by intent or slot, instead of the built-in ones. */
  wordings: z.record(z.string(), oneOrMore).default({}),
  /** First rules that fit win over everything else. */
  rules: z.array(ruleSchema).default([]),
  /** The caller hangs up after this many turns of its own. */
  turns: z.number().int().positive().default(60),
  expect: z
    .strictObject({
      outcome: oneOrMore.optional(),
      /** What must have been written at the shop, in any order and nothing else: operation and the fields that matter. */
      writes: z.array(z.partialRecord(z.enum(writeNames), z.record(z.string(), z.unknown()))).optional(),
    })
    .default({}),
});
export type CallerScript = z.output<typeof callerScriptSchema>;
export type CallerScriptInput = z.input<typeof callerScriptSchema>;

/** A script with the name of its file. */
export interface NamedScript {
  readonly name: string;
  readonly script: CallerScript;
}

/**
 * Reads one script; every mistake is reported with its line.
 * @throws KefuError `config_invalid` listing them, one per line.
 */
export function parseCallerScript(file: string, text: string): CallerScript {
  const problems: FlowProblem[] = [];
  const source = readFlowSource(file, text, problems);
  const script = problems.length === 0 ? check(source, callerScriptSchema, source.content) : undefined;
  if (script && problems.length === 0) return script;
  throw new KefuError(
    'config_invalid',
    problems.map(({ line, sentence }) => `${file}:${line}: ${sentence}`).join('\n'),
  );
}

/**
 * Reads every `.yaml` script of a folder, in order of name.
 * @throws KefuError `config_invalid` listing the mistakes of all files, or when there is no script.
 */
export async function readCallerScripts(directory: string): Promise<NamedScript[]> {
  let files: string[];
  try {
    files = (await readdir(directory)).filter((name) => /\.ya?ml$/.test(name)).sort();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KefuError('config_invalid', `The folder of scripts cannot be read: ${reason}`, {
      cause: error,
    });
  }
  if (files.length === 0) throw new KefuError('config_invalid', `There is no .yaml script in ${directory}.`);
  const scripts: NamedScript[] = [];
  const mistakes: string[] = [];
  for (const file of files) {
    try {
      const script = parseCallerScript(file, await readFile(join(directory, file), 'utf8'));
      scripts.push({ name: file.replace(/\.ya?ml$/, ''), script });
    } catch (error) {
      if (!(error instanceof KefuError) || error.code !== 'config_invalid') throw error;
      mistakes.push(error.message);
    }
  }
  if (mistakes.length > 0) throw new KefuError('config_invalid', mistakes.join('\n'));
  return scripts;
}
