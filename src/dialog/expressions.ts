import { Environment, type ASTNode } from '@marcbachmann/cel-js';
import { soundsLikeNameIn } from './capture/sound-alike.ts';
import { namesLike, soundsNear, spelledNamesLike } from './names/names-like.ts';
import { mentions, searchWords, spellsEndOf, withoutLastWord } from './capture/search-words.ts';
import type { Json } from './state.ts';

/** Values by name. */
export type Values = Readonly<Record<string, unknown>>;
/** What an expression can see: variables of the flows, `slots`, `call`, and `item`, `items`, `value` or `result` where they exist. */
export type Scope = Values | ReadonlyMap<string, unknown>;

/** Names that exist in every expression, and those that exist only where a step provides them. */
export const alwaysInScope = ['slots', 'call'] as const;
export const sometimesInScope = [
  'item',
  'items',
  'value',
  'result',
  'guess',
  'readings',
  'facet',
  'values',
  'before',
  'first',
  'second',
] as const;

/** A checked expression. */
export interface Expression {
  readonly source: string;
  /** Slots it reads, by name. */
  readonly slots: readonly string[];
  /** Other names it reads. */
  readonly names: readonly string[];
  /** Everything it reads, as exactly as can be told: `call.mood`, `order.items`, or the name alone. */
  readonly reads: readonly string[];
  /** Its value; undefined when it cannot be worked out, for example because a field is missing. */
  evaluate(scope: Scope): Json | undefined;
}

/** The Common Expression Language with whole and decimal numbers mixed freely, as JSON has one kind of number only. */
function createEnvironment(): Environment {
  const environment = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 500, maxDepth: 30 },
  });
  const operations: Readonly<Record<string, (left: number, right: number) => number>> = {
    '+': (left, right) => left + right,
    '-': (left, right) => left - right,
    '*': (left, right) => left * right,
  };
  for (const [operator, apply] of Object.entries(operations)) {
    const mixed = (left: bigint | number, right: bigint | number) => apply(Number(left), Number(right));
    environment.registerOperator(`double ${operator} int`, mixed);
    environment.registerOperator(`int ${operator} double`, mixed);
  }
  const at = (day: string, hour: bigint | number, timeZone: string) => timeAt(day, Number(hour), timeZone);
  return environment
    .registerFunction('timeAt(string, int, string): string', at)
    .registerFunction('timeAt(string, double, string): string', at)
    .registerFunction('mentions(string, string): bool', mentions)
    .registerFunction('soundsLike(string, string): bool', soundsLikeNameIn)
    .registerFunction('soundsNear(string, string): bool', soundsNear)
    .registerFunction('namesLike(list): list', (heard: unknown) => namesLike(textsIn(heard)))
    .registerFunction(
      'spelledNamesLike(list, list, string): list',
      (first: unknown, last: unknown, said: string) => spelledNamesLike(textsIn(first), textsIn(last), said),
    )
    .registerFunction('spellsEndOf(string, string): bool', spellsEndOf)
    .registerFunction('withoutLastWord(string): string', withoutLastWord)
    .registerFunction('searchWords(string): string', searchWords)
    .registerFunction('givenName(string): string', (name: string) => splitName(name).given)
    .registerFunction('familyName(string): string', (name: string) => splitName(name).family);
}

/** The texts of a list, whatever else is in it. */
const textsIn = (list: unknown): string[] =>
  Array.isArray(list) ? list.filter((each): each is string => typeof each === 'string') : [];

const environment = createEnvironment();

/** The moment of an hour of a day in a time zone, as RFC 3339 writes it in UTC. Throws for what is no day or zone. */
export function timeAt(day: string, hour: number, timeZone: string): string {
  const wanted = Date.parse(`${day}T00:00:00Z`) + hour * 3_600_000;
  // What clocks in the zone show at that moment of UTC tells how far they are ahead; twice, for days that clocks are changed.
  let epochMs = wanted;
  for (let round = 0; round < 2; round += 1) epochMs = wanted - aheadMs(epochMs, timeZone);
  return new Date(epochMs).toISOString();
}

function aheadMs(epochMs: number, timeZone: string): number {
  const shown = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'medium',
  }).format(epochMs);
  return Date.parse(`${shown.replace(' ', 'T')}Z`) - epochMs;
}

/** Compound family names; all others of Chinese names are one character. */
const compoundFamilyNames = /^(?:欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|司徒|夏侯|端木)/;

/** First and last name of a full name, English or Chinese. */
export function splitName(full: string): { readonly given: string; readonly family: string } {
  const name = full.trim();
  if (/^\p{Script=Han}{2,4}$/u.test(name)) {
    const length = compoundFamilyNames.test(name) && name.length > 2 ? 2 : 1;
    return { family: name.slice(0, length), given: name.slice(length) };
  }
  const words = name.split(/\s+/);
  return { given: words[0] ?? '', family: words.length > 1 ? (words.at(-1) ?? '') : '' };
}

/** Compiles and checks an expression. Throws an `Error` with a sentence when it is not valid. */
export function compileExpression(source: string): Expression {
  let parsed;
  try {
    parsed = environment.parse(source);
  } catch (error) {
    throw new Error(firstLine(error), { cause: error });
  }
  const checked = parsed.check();
  if (!checked.valid) throw new Error(firstLine(checked.error), { cause: checked.error });
  checkPatterns(parsed.ast);
  const names = new Set<string>();
  const slots = new Set<string>();
  const reads = new Set<string>();
  collectNames(parsed.ast, new Set(), { names, slots, reads });
  return {
    source,
    slots: [...slots],
    names: [...names],
    reads: [...reads],
    evaluate(scope) {
      try {
        return toJson(parsed(scope) as unknown);
      } catch {
        // A missing field is data, no defect: the branch is not taken, the wording is passed over (see docs/flows.md).
        return undefined;
      }
    },
  };
}

function firstLine(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return line;
}

/** A pattern that is no regular expression would make its condition untrue for ever, without a word. */
function checkPatterns(node: unknown): void {
  if (Array.isArray(node)) {
    for (const each of node) checkPatterns(each);
    return;
  }
  if (typeof node !== 'object' || node === null || !('op' in node)) return;
  const current = node as ASTNode;
  if (current.op === 'rcall') {
    const [method, , parameters] = current.args;
    const [pattern] = parameters;
    if (method === 'matches' && pattern?.op === 'value' && typeof pattern.args === 'string') {
      try {
        new RegExp(pattern.args);
      } catch (error) {
        throw new Error(firstLine(error), { cause: error });
      }
    }
  }
  checkPatterns(current.args);
}

const comprehensions = new Set(['map', 'filter', 'all', 'exists', 'exists_one']);

/** What an expression reads, as it is found. */
interface Reads {
  readonly names: Set<string>;
  readonly slots: Set<string>;
  readonly reads: Set<string>;
}

/** Walks the tree for the names it reads; the element names of `map`, `filter` and the like are its own. */
function collectNames(node: unknown, bound: ReadonlySet<string>, found: Reads): void {
  if (Array.isArray(node)) {
    for (const each of node) collectNames(each, bound, found);
    return;
  }
  if (typeof node !== 'object' || node === null || !('op' in node)) return;
  const current = node as ASTNode;
  if (current.op === 'id') {
    const name = current.args;
    if (bound.has(name)) return;
    found.names.add(name);
    found.reads.add(name);
    return;
  }
  if (current.op === '.') {
    const [object, field] = current.args;
    if (object.op === 'id' && !bound.has(object.args)) {
      found.names.add(object.args);
      found.reads.add(`${object.args}.${field}`);
      if (object.args === 'slots') found.slots.add(field);
      return;
    }
  }
  if (current.op === 'rcall') {
    const [method, receiver, parameters] = current.args;
    const element = parameters[0];
    if (comprehensions.has(method) && element?.op === 'id') {
      collectNames(receiver, bound, found);
      collectNames(parameters.slice(1), new Set([...bound, element.args]), found);
      return;
    }
  }
  collectNames(current.args, bound, found);
}

/** CEL's whole numbers are bigints; JSON has plain numbers. */
function toJson(value: unknown): Json | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'bigint') return Number(value);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (Array.isArray(value)) return value.map((each) => toJson(each) ?? null);
  const entries = value instanceof Map ? [...value.entries()] : Object.entries(value);
  return Object.fromEntries(entries.map(([key, each]) => [String(key), toJson(each) ?? null]));
}
