import type { z } from 'zod';
import { isMap, isPair, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { suggestion } from '../core/suggestion.ts';

/** A mistake in a flow file, with the line where a supervisor finds it. */
export interface FlowProblem {
  readonly file: string;
  readonly line: number;
  readonly sentence: string;
}

export type Path = readonly PropertyKey[];

/** A YAML file whose values know their lines. */
export interface FlowSource {
  readonly file: string;
  /** The content as plain values; undefined when the file is no YAML. */
  readonly content: unknown;
  /** Notes a problem at the value (or, with `atKey`, at the key) that `path` leads to, or at what encloses it. */
  report(path: Path, sentence: string, options?: { readonly atKey?: boolean }): void;
}

/** Parses a YAML text; its mistakes and later ones go to `problems`. */
export function readFlowSource(file: string, text: string, problems: FlowProblem[]): FlowSource {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  for (const error of document.errors) {
    const [sentence = ''] = error.message.split('\n');
    problems.push({
      file,
      line: error.linePos?.[0].line ?? 1,
      sentence: `this is not YAML: ${sentence.replace(/ at line \d+.*$/, '')}.`,
    });
  }
  return {
    file,
    content: document.errors.length > 0 ? undefined : (document.toJS() as unknown),
    report(path, sentence, options) {
      const offset = offsetOf(document, path, options?.atKey ?? false);
      problems.push({ file, line: lineCounter.linePos(offset).line || 1, sentence });
    },
  };
}

function offsetOf(document: Document, path: Path, atKey: boolean): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent: unknown =
      length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key);
      const node = atKey || length < path.length ? pair?.key : (pair?.value ?? pair?.key);
      const start = rangeStart(isMap(node) ? pair?.key : node);
      if (start !== undefined) return start;
    }
    const start = rangeStart(document.getIn(path.slice(0, length), true));
    if (start !== undefined) return start;
  }
  return rangeStart(document.contents) ?? 0;
}

function rangeStart(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined;
  return Array.isArray(node.range) && typeof node.range[0] === 'number' ? node.range[0] : undefined;
}

/** The value that `schema` makes of what stands at `path`; its mistakes are reported in plain words. */
export function check<Schema extends z.ZodType>(
  source: FlowSource,
  schema: Schema,
  value: unknown,
  path: Path = [],
): z.output<Schema> | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) reportIssue(source, issue, path, schema);
  return undefined;
}

function reportIssue(source: FlowSource, issue: z.core.$ZodIssue, base: Path, schema: z.ZodType): void {
  const path = [...base, ...issue.path];
  const where = describePath(path);
  switch (issue.code) {
    case 'unrecognized_keys':
      for (const key of issue.keys) {
        const known = base.length === path.length ? keysOf(schema) : [];
        source.report([...path, key], `${where}unknown key "${key}"${suggestion(key, known)}.`, {
          atKey: true,
        });
      }
      return;
    case 'invalid_key':
      source.report(path, `${where}the name ${issue.issues[0]?.message ?? 'is not allowed'}.`, {
        atKey: true,
      });
      return;
    case 'invalid_type':
      source.report(
        path,
        issue.input === undefined && issue.message.includes('received undefined')
          ? `${describePath(path.slice(0, -1))}"${String(path.at(-1))}" is missing.`
          : `${where}must be ${article(issue.expected)}.`,
      );
      return;
    case 'invalid_value':
      source.report(path, `${where}must be one of ${issue.values.map(String).join(', ')}.`);
      return;
    case 'invalid_union':
      reportUnion(source, issue, base, path, schema);
      return;
    case 'invalid_format':
    case 'custom':
      source.report(path, `${where}${issue.message}.`);
      return;
    default:
      source.report(path, `${where}${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}.`);
  }
}

/** Of the alternatives, the one that fits best is explained. */
function reportUnion(
  source: FlowSource,
  issue: z.core.$ZodIssueInvalidUnion,
  base: Path,
  path: Path,
  schema: z.ZodType,
): void {
  const weight = (issues: readonly z.core.$ZodIssue[]) =>
    issues.reduce((sum, each) => sum + (each.path.length === 0 ? 2 : 1), 0);
  const best = [...issue.errors].sort((left, right) => weight(left) - weight(right))[0] ?? [];
  if (best.length === 0) source.report(path, `${describePath(path)}has none of the forms it may have.`);
  for (const each of best) {
    reportIssue(source, { ...each, path: [...path.slice(base.length), ...each.path] }, base, schema);
  }
}

function keysOf(schema: z.ZodType): readonly string[] {
  return 'shape' in schema && typeof schema.shape === 'object' && schema.shape !== null
    ? Object.keys(schema.shape)
    : [];
}

function article(type: string): string {
  if (type === 'object' || type === 'record') return 'a block of names and values';
  if (type === 'array') return 'a list';
  return type === 'string' ? 'a text' : `a ${type}`;
}

/** "step "greet", if: " for ['steps', 'greet', 'branch', 0, 'if']: what a supervisor calls the place. */
export function describePath(path: Path): string {
  const words: string[] = [];
  const singular: Record<string, string> = {
    steps: 'step',
    prompts: 'prompt',
    slots: 'slot',
    intents: 'intent',
  };
  for (let index = 0; index < path.length; index += 1) {
    const key = path[index];
    const kind = singular[String(key)];
    if (index === 0 && kind !== undefined && path.length > 1) {
      words.push(`${kind} "${String(path[1])}"`);
      index += 1;
    } else {
      words.push(typeof key === 'number' ? `entry ${key + 1}` : String(key));
    }
  }
  return words.length === 0 ? '' : `${words.join(', ')}: `;
}
