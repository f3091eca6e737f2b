import { parse } from 'yaml';
import { z } from 'zod';
import { KefuError } from '../core/errors.ts';
import { openingHoursSchema } from '../core/hours-schema.ts';

/** The rules as supervisors write them, in seconds; docs/handoff.md explains each. Everything has a default. */

const seconds = z.number().min(0).max(86_400);
const instead = z.enum(['callback', 'voicemail', 'goodbye']);

const queueSchema = z.strictObject({
  /** Teams that serve it; none named: everybody. */
  teams: z.array(z.string()).default([]),
  /** Without, it is always open. */
  hours: openingHoursSchema.optional(),
  /** As many may wait; callbacks do not count. */
  maxWaiting: z.int().min(1).default(500),
  /** What callers are offered while it is closed or full. */
  closed: instead.default('callback'),
  full: instead.default('callback'),
  /** After so long the teams of another queue may take over, too. */
  overflow: z
    .strictObject({ afterSeconds: seconds, queue: z.string() })
    .transform(({ afterSeconds, queue }) => ({ afterMs: afterSeconds * 1000, queue }))
    .optional(),
});

const wideningSchema = z
  .strictObject({
    afterSeconds: seconds,
    /** By how many levels all needed skills are lowered; `all`: nothing but the language counts. */
    lower: z.int().min(1).max(5).or(z.literal('all')),
  })
  .transform(({ afterSeconds, lower }) => ({
    afterMs: afterSeconds * 1000,
    lower: lower === 'all' ? Number.POSITIVE_INFINITY : lower,
  }));

/** Head starts that fit the reasons of the shipped flows. */
const usualHeadStarts = { safety: 600, law: 120, angry: 120, complaint: 60, amount: 60, upset: 60 };

const rulesSchema = z
  .strictObject({
    /** By reason: how much longer a caller counts as having waited. */
    headStartSeconds: z.record(z.string(), seconds).default(usualHeadStarts),
    /** The same at an anger of 1; less anger counts in proportion. */
    angerSeconds: seconds.default(180),
    /** The same for what is at stake; `full` and more counts as the whole `seconds`. */
    value: z
      .strictObject({ full: z.number().positive(), seconds })
      .default({ full: 1000, seconds: 120 })
      .transform(({ full, seconds: most }) => ({ full, mostMs: most * 1000 })),
    widening: z
      .array(wideningSchema)
      .prefault([
        { afterSeconds: 30, lower: 1 },
        { afterSeconds: 90, lower: 2 },
        { afterSeconds: 180, lower: 'all' },
      ])
      .transform((steps) => [...steps].sort((left, right) => left.afterMs - right.afterMs)),
    ringSeconds: seconds.min(1).default(20).transform(toMs),
    afterCallSeconds: seconds.default(30).transform(toMs),
    /** For so long what somebody declined is not offered to them again. */
    declinePauseSeconds: seconds.default(60).transform(toMs),
    /** For so long a caller whose node died keeps their place. */
    returnSeconds: seconds.default(60).transform(toMs),
    /** How long a contact keeps an agent busy, until it has been measured. */
    usualHandleSeconds: seconds.min(1).default(240).transform(toMs),
    /** Whoever is answered within so long counts as answered in time, in the figures. */
    serviceLevelSeconds: seconds.default(20).transform(toMs),
    /** Who is called first when it is somebody's turn to be called back; nobody waits for the other with `agent-first`. */
    callbacks: z.enum(['agent-first', 'caller-first']).default('agent-first'),
    /** How often somebody who does not answer is called, and the pause between. */
    callbackTries: z.int().min(1).max(10).default(3),
    callbackPauseSeconds: seconds.default(600).transform(toMs),
    queues: z.record(z.string(), queueSchema).prefault({ general: {} }),
  })
  .superRefine(({ queues }, context) => {
    for (const [name, { overflow }] of Object.entries(queues)) {
      if (overflow && !queues[overflow.queue])
        context.addIssue({
          code: 'custom',
          path: ['queues', name, 'overflow', 'queue'],
          message: `there is no queue "${overflow.queue}"`,
        });
    }
  })
  .transform((rules) => ({
    headStartMs: Object.fromEntries(
      Object.entries(rules.headStartSeconds).map(([reason, value]) => [reason, toMs(value)]),
    ),
    angerMs: toMs(rules.angerSeconds),
    value: rules.value,
    widening: rules.widening,
    ringMs: rules.ringSeconds,
    afterCallMs: rules.afterCallSeconds,
    declinePauseMs: rules.declinePauseSeconds,
    returnMs: rules.returnSeconds,
    usualHandleMs: rules.usualHandleSeconds,
    serviceLevelMs: rules.serviceLevelSeconds,
    callbacks: rules.callbacks,
    callbackTries: rules.callbackTries,
    callbackPauseMs: rules.callbackPauseSeconds,
    queues: rules.queues,
  }));

/** The rules as the code uses them, in milliseconds. */
export type RoutingRules = z.output<typeof rulesSchema>;
export type QueueRules = z.output<typeof queueSchema>;
/** The rules as they are written. */
export type RoutingRulesSource = z.input<typeof rulesSchema>;

function toMs(value: number): number {
  return value * 1000;
}

/**
 * Rules from what a file holds, with defaults for what it leaves out.
 *
 * @throws KefuError `config_invalid` that names the place of every mistake.
 */
export function toRoutingRules(source: unknown, name = 'the routing rules'): RoutingRules {
  const result = rulesSchema.safeParse(source ?? {});
  if (result.success) return result.data;
  const mistakes = result.error.issues.map(({ path, message }) => `${path.join('.') || 'file'}: ${message}`);
  throw new KefuError('config_invalid', `${name}: ${mistakes.join('; ')}`, { cause: result.error });
}

/**
 * Rules from the text of a YAML file.
 *
 * @throws KefuError `config_invalid` for what is not YAML, or breaks the form.
 */
export function parseRoutingRules(text: string, name: string): RoutingRules {
  let source: unknown;
  try {
    source = parse(text);
  } catch (error) {
    throw new KefuError('config_invalid', `${name}: ${error instanceof Error ? error.message : ''}`, {
      cause: error,
    });
  }
  return toRoutingRules(source, name);
}
