import type { FlowPack } from '../../../src/dialog/flow-pack.ts';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** What conditions ask of answers. */
export interface Literals {
  /** Values that fields are compared with, by the field's name. */
  readonly values: ReadonlyMap<string, ReadonlySet<Json>>;
  /** Lengths that lists are compared with. */
  readonly lengths: ReadonlyMap<string, ReadonlySet<number>>;
  /** Values that one condition asks for together. */
  readonly together: readonly (readonly Wanted[])[];
}

/** A value or a length that a field should have. */
type Wanted =
  | { readonly field: string; readonly value: Json }
  | { readonly field: string; readonly length: number };

const comparison = /([A-Za-z_]\w*)(?:\[\d+\])?\)*\s*(?:==|!=|<=?|>=?)\s*("[^"]*"|'[^']*'|-?\d+(?:\.\d+)?|null|true|false)/g;
const membership = /([A-Za-z_]\w*)\s+in\s+\[([^\]]*)\]/g;
const matched = /([A-Za-z_]\w*)\.(?:matches|contains|startsWith|endsWith)\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*\)/g;
const contained = /("[^"]*"|'[^']*')\s+in\s+(?:\w+\.)*([A-Za-z_]\w*)/g;

const size = /size\((?:\w+\.)*([A-Za-z_]\w*)\)\s*(==|!=|<=?|>=?)\s*(\d+)/g;

/** Reads what every expression of a pack asks for. */
export function literalsOf(pack: FlowPack): Literals {
  const values = new Map<string, Set<Json>>();
  const lengths = new Map<string, Set<number>>();
  const together: (readonly Wanted[])[] = [];
  for (const source of pack.expressions.keys()) {
    const wanted = wantedBy(source);
    for (const each of wanted) {
      if ('length' in each) lengths.set(each.field, (lengths.get(each.field) ?? new Set()).add(each.length));
      else values.set(each.field, (values.get(each.field) ?? new Set()).add(each.value));
    }
    if (new Set(wanted.map(({ field }) => field)).size > 1) together.push(wanted);
  }
  return { values, lengths, together };
}

function wantedBy(source: string): readonly Wanted[] {
  const wanted: Wanted[] = [];
  const add = (field: string, text: string) => wanted.push({ field, value: valueOf(text) });
  for (const [, field = '', value = ''] of source.matchAll(comparison)) add(field, value);
  for (const [, field = '', list = ''] of source.matchAll(membership)) {
    for (const value of list.split(',').map((each) => each.trim())) if (value !== '') add(field, value);
  }
  for (const [, field = '', value = ''] of source.matchAll(matched))
    add(field, `"${textLike(value.slice(1, -1).replace(/\\\\/g, '\\'))}"`);
  for (const [, value = '', field = ''] of source.matchAll(contained)) add(field, value);
  for (const [, field = '', operator = '', count = ''] of source.matchAll(size)) {
    const number = Number(count);
    for (const length of operator.includes('=') ? [number, number + 1] : [Math.max(0, number - 1), number + 1])
      wanted.push({ field, length });
  }
  return wanted;
}

/** A text that fits a regular expression of the simple kind that flows use: the first of each alternative, nothing optional. */
export function textLike(pattern: string): string {
  let at = 0;
  return alternatives();

  function alternatives(): string {
    const first = sequence();
    while (pattern[at] === '|') {
      at += 1;
      sequence();
    }
    return first;
  }

  function sequence(): string {
    let text = '';
    while (at < pattern.length && pattern[at] !== '|' && pattern[at] !== ')') {
      const piece = atom();
      if (pattern[at] === '?' || pattern[at] === '*') at += 1;
      else {
        if (pattern[at] === '+') at += 1;
        text += piece;
      }
    }
    return text;
  }

  function atom(): string {
    const char = pattern[at] ?? '';
    at += 1;
    if (char === '(') {
      const head = /^\?(?::|<\w+>|[imsu]+\))/.exec(pattern.slice(at))?.[0] ?? '';
      at += head.length;
      if (head.endsWith(')')) return '';
      const text = alternatives();
      at += 1;
      return text;
    }
    if (char === '[') {
      const end = pattern.indexOf(']', at);
      const [first = ''] = pattern.slice(at, end);
      at = end + 1;
      return first;
    }
    if (char === '\\') {
      const escaped = pattern[at] ?? '';
      at += 1;
      return { b: '', B: '', d: '1', w: 'a', s: ' ' }[escaped] ?? escaped;
    }
    return char === '.' ? 'a' : char === '^' || char === '$' ? '' : char;
  }
}

function valueOf(source: string): Json {
  if (source === 'null') return null;
  if (source === 'true' || source === 'false') return source === 'true';
  const number = Number(source);
  return Number.isNaN(number) ? source.replace(/^["']|["']$/g, '') : number;
}

/** A changed answer and how it was changed. */
export interface Variant {
  readonly about: string;
  readonly value: Json;
}

const maxVariants = 240;
const maxDepth = 7;

/**
 * Answers like the given one that would send a flow another way: fields with the values conditions ask for, lists that are empty or
 * long, yes for no. Of lists, the first and the last element are changed, and what says yes or no in all at once.
 */
export function variantsOf(answer: Json, literals: Literals): readonly Variant[] {
  const variants: Variant[] = [];
  const seen = new Set<string>([JSON.stringify(answer)]);
  const push = (about: string, value: Json) => {
    const key = JSON.stringify(value);
    if (seen.has(key) || variants.length >= maxVariants) return;
    seen.add(key);
    variants.push({ about, value });
  };
  visit(answer, '', 0, push, (value) => value);
  for (const field of booleansIn(answer)) {
    for (const all of [true, false]) push(`every ${field} = ${String(all)}`, withEvery(answer, field, all));
  }
  for (const wanted of literals.together) {
    const changed = withAll(answer, '', wanted);
    push(`all of ${wanted.map(({ field }) => field).join(', ')}`, changed);
  }
  return variants;

  function visit(
    value: Json,
    field: string,
    depth: number,
    report: (about: string, value: Json) => void,
    rebuild: (value: Json) => Json,
  ): void {
    for (const literal of literals.values.get(field) ?? []) {
      if (isAlike(value, literal)) report(`${field} = ${JSON.stringify(literal)}`, rebuild(literal));
      else if (Array.isArray(value) && typeof literal === 'string') {
        report(`${field} with ${literal}`, rebuild([...value.filter((each) => each !== literal), literal]));
        report(`${field} without ${literal}`, rebuild(value.filter((each) => each !== literal)));
      }
    }
    for (const other of typeof value === 'string' ? otherTexts(value) : []) report(`${field} = ${other}`, rebuild(other));
    if (typeof value === 'boolean') report(`${field} = ${String(!value)}`, rebuild(!value));
    if (depth >= maxDepth || typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      report(`${field} empty`, rebuild([]));
      const [first] = value;
      if (first === undefined) return;
      for (const length of literals.lengths.get(field) ?? []) report(`${String(length)} ${field}`, rebuild(ofLength(value, length)));
      if (value.length > 1)
        value.slice(0, 4).forEach((only, index) => report(`${field} with ${String(index + 1)} only`, rebuild([only])));
      if (value.every((each) => typeof each === 'string'))
        value.forEach((each) => report(`${field} without ${each}`, rebuild(value.filter((other) => other !== each))));
      if (value.length > 2) report(`${field} with two`, rebuild(value.slice(0, 2)));
      report(`${field} twice`, rebuild([...value, ...value]));
      visit(first, field, depth + 1, report, (changed) => rebuild([changed, ...value.slice(1)]));
      const last = value.at(-1);
      if (value.length > 1 && last !== undefined) {
        const reportLast = (about: string, whole: Json) => report(`last ${about}`, whole);
        visit(last, field, depth + 1, reportLast, (changed) => rebuild([...value.slice(0, -1), changed]));
      }
      return;
    }
    for (const [key, inner] of Object.entries(value)) {
      visit(inner, key, depth + 1, report, (changed) => rebuild({ ...value, [key]: changed }));
    }
  }
}

/** The answer with everything that one condition asks for, wherever it fits; of several values for a field the first. */
function withAll(value: Json, field: string, wanted: readonly Wanted[]): Json {
  const own = wanted.find((each) => each.field === field);
  if (Array.isArray(value)) {
    const length = wanted.find((each) => each.field === field && 'length' in each);
    const list = length && 'length' in length ? ofLength(value, length.length) : value;
    if (own && 'value' in own && typeof own.value === 'string' && list.every((each) => typeof each === 'string'))
      return [...list, own.value];
    return list.map((each) => withAll(each, field, wanted));
  }
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withAll(inner, key, wanted)]));
  return own && 'value' in own && isAlike(value, own.value) ? own.value : value;
}

/** Names of fields that say yes or no, wherever they are. */
function booleansIn(value: Json): ReadonlySet<string> {
  if (Array.isArray(value)) return new Set(value.flatMap((each) => [...booleansIn(each)]));
  if (typeof value !== 'object' || value === null) return new Set();
  return new Set(
    Object.entries(value).flatMap(([key, inner]) => (typeof inner === 'boolean' ? [key] : [...booleansIn(inner)])),
  );
}

function withEvery(value: Json, field: string, all: boolean): Json {
  if (Array.isArray(value)) return value.map((each) => withEvery(each, field, all));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key === field && typeof inner === 'boolean' ? all : withEvery(inner, field, all)]),
  );
}

/** The list made longer by beginning again, or shorter. */
function ofLength(list: readonly Json[], length: number): Json[] {
  if (list.length === 0) return [];
  return Array.from({ length }, (_, index) => list[index % list.length] ?? null);
}

/** Times long ago and far ahead, amounts of nothing, more and less. */
function otherTexts(text: string): readonly string[] {
  if (/^\d{4}-\d{2}-\d{2}T/.test(text)) return ['2025-01-01T12:00:00Z', '2027-12-31T12:00:00Z'];
  return /^-?\d+\.\d{2}$/.test(text) ? ['0.00', '-5.00', '250.00'] : [];
}

/** Null takes any place; otherwise a number stays a number and a text a text. */
function isAlike(value: Json, literal: Json): boolean {
  if (Array.isArray(value) || (typeof value === 'object' && value !== null)) return literal === null;
  return literal === null || value === null || typeof value === typeof literal;
}
