import type { Emotion, Mood } from '../core/emotion.ts';
import { KefuError } from '../core/errors.ts';
import { suggestion } from '../core/suggestion.ts';
import { compileExpression, type Expression } from './expressions.ts';
import { escalationFileSchema, type EscalationRule, type EscalationSource } from './escalation-schema.ts';
import { check, readFlowSource, type FlowProblem, type FlowSource } from './flow-source.ts';

/** Everything a rule can look at. It is recorded with every turn, so that other rules can be tried on the same call. */
export interface EscalationFacts {
  readonly mood: Mood;
  readonly emotion: {
    /** How angry over the turns so far, and in this one alone. */
    readonly score: number;
    readonly now: number;
    readonly upset: number;
    /** How angry the voice sounds; 0 without one. */
    readonly voice: number;
    readonly behaviour: number;
    readonly angryTurns: number;
    readonly tenseTurns: number;
  };
  readonly turns: number;
  /** Answers that could not be used, in the whole call, and for the question now open. */
  readonly failedTurns: number;
  readonly failedNow: number;
  /** Different things the caller has asked for. */
  readonly requests: number;
  /** What the order or the change in hand comes to; 0 when there is none. */
  readonly amount: number;
  readonly channel: 'voice' | 'text';
  readonly language: 'en' | 'zh';
}

export const factNames = [
  'mood',
  'emotion',
  'turns',
  'failedTurns',
  'failedNow',
  'requests',
  'amount',
  'channel',
  'language',
] as const satisfies readonly (keyof EscalationFacts)[];

/** Rules, checked and ready. */
export interface Escalation {
  readonly source: EscalationSource;
  readonly conditions: ReadonlyMap<string, Expression>;
}

/** Which rules have been used in a call, and at which of its turns; JSON. */
export type RulesUsed = Readonly<Record<string, number>>;

/** The facts of a turn. */
export function factsOf(
  emotion: Emotion | null,
  counts: Omit<EscalationFacts, 'mood' | 'emotion'> & {
    readonly angryTurns: number;
    readonly tenseTurns: number;
  },
): EscalationFacts {
  const { angryTurns, tenseTurns, ...rest } = counts;
  return {
    ...rest,
    mood: emotion?.label ?? 'neutral',
    emotion: {
      score: short(emotion?.score ?? 0),
      now: short(emotion?.scores.angry ?? 0),
      upset: short(emotion?.scores.upset ?? 0),
      voice: short(emotion?.parts.voice?.anger ?? 0),
      behaviour: short(emotion?.parts.behaviour.score ?? 0),
      angryTurns,
      tenseTurns,
    },
  };
}

const short = (value: number) => Math.round(value * 1000) / 1000;

/** The first rule that holds and may be used now; undefined when none does. Pure. */
export function ruleFor(
  { source, conditions }: Escalation,
  facts: EscalationFacts,
  text: string,
  used: RulesUsed,
): EscalationRule | undefined {
  const scope = { call: facts, said: topicsIn(source, text) };
  return source.rules.find((rule) => {
    const before = used[rule.rule];
    if (before !== undefined && (rule.again === undefined || facts.turns - before < rule.again)) return false;
    return conditions.get(rule.rule)?.evaluate(scope) === true;
  });
}

/** For each topic, whether one of its words is in the text: whole words of Latin script, anything in Chinese. */
export function topicsIn({ topics = {} }: EscalationSource, text: string): Record<string, boolean> {
  const plain = ` ${text
    .toLowerCase()
    .replaceAll('’', "'")
    .replace(/[^\p{L}\p{N}']+/gu, ' ')
    .trim()} `;
  const characters = text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
  return Object.fromEntries(
    Object.entries(topics).map(([topic, { en, zh }]) => [
      topic,
      en.some((word) => plain.includes(` ${word.toLowerCase()} `)) ||
        zh.some((word) => characters.includes(word)),
    ]),
  );
}

/** Checks and compiles the content of `escalation.yaml`; its mistakes are reported at their lines. */
export function compileEscalation(source: FlowSource): Escalation | undefined {
  if (source.content === undefined) return undefined;
  const content = check(source, escalationFileSchema, source.content);
  if (!content) return undefined;
  const conditions = new Map<string, Expression>();
  const topics = Object.keys(content.topics ?? {});
  content.rules.forEach(({ rule, if: condition }, index) => {
    const path = ['rules', index, 'if'];
    if (conditions.has(rule)) source.report(['rules', index, 'rule'], `there are two rules "${rule}".`);
    try {
      const expression = compileExpression(condition);
      conditions.set(rule, expression);
      for (const name of expression.names.filter((each) => each !== 'call' && each !== 'said'))
        source.report(path, `rule "${rule}": nothing is called "${name}"; rules see only call and said.`);
      for (const [root, known] of [
        ['call', factNames],
        ['said', topics],
      ] as const) {
        for (const [, name = ''] of condition.matchAll(new RegExp(`\\b${root}\\.(\\w+)`, 'g'))) {
          if (known.some((each) => each === name)) continue;
          source.report(path, `rule "${rule}": there is no ${root}.${name}${suggestion(name, known)}.`);
        }
      }
    } catch (error) {
      const sentence = error instanceof Error ? error.message : String(error);
      source.report(path, `rule "${rule}": "${condition}" is no valid condition: ${sentence}.`);
    }
  });
  return { source: content, conditions };
}

/** Rules from a file's text, by themselves. @throws KefuError `flow_invalid` with every mistake, one a line. */
export function parseEscalation(file: string, text: string): Escalation {
  const problems: FlowProblem[] = [];
  const rules = compileEscalation(readFlowSource(file, text, problems));
  if (rules && problems.length === 0) return rules;
  const lines = problems.map((problem) => `${problem.file}:${String(problem.line)}: ${problem.sentence}`);
  throw new KefuError('flow_invalid', `${file} cannot be used:\n${lines.join('\n')}`);
}
