import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { suggestion } from '../../core/suggestion.ts';

type Path = readonly PropertyKey[];

/** The trunks file with what is wrong with it, each with its line. */
export class TrunkSource {
  readonly problems: string[] = [];
  readonly #lines = new LineCounter();
  readonly #document: Document;

  constructor(text: string) {
    this.#document = parseDocument(text, { lineCounter: this.#lines });
    for (const error of this.#document.errors) {
      const [sentence = ''] = error.message.split('\n');
      const line = error.linePos?.[0].line ?? 1;
      this.problems.push(`line ${line}: this is not YAML: ${sentence.replace(/ at line \d+.*$/, '')}`);
    }
  }

  /** The content as plain values; undefined when the file is no YAML. */
  get content(): unknown {
    return this.problems.length > 0 ? undefined : (this.#document.toJS() as unknown);
  }

  /** Notes a mistake at what `path` leads to, or at what encloses it. */
  report(path: Path, sentence: string): void {
    const { line } = this.#lines.linePos(offsetOf(this.#document, path));
    this.problems.push(`line ${line || 1}: ${placeOf(path, this.content)}${sentence}`);
  }

  /** Checks the content; every mistake is noted in words that say what to do. */
  check<Schema extends z.ZodType>(schema: Schema, content: unknown): z.output<Schema> | undefined {
    const result = schema.safeParse(content);
    if (result.success) return result.data;
    for (const issue of result.error.issues) this.#reportIssue(schema, issue);
    return undefined;
  }

  #reportIssue(schema: z.ZodType, issue: z.core.$ZodIssue): void {
    switch (issue.code) {
      case 'unrecognized_keys':
        for (const key of issue.keys) {
          const known = keysAt(schema, issue.path);
          this.report([...issue.path, key], `there is no setting of this name${suggestion(key, known)}`);
        }
        return;
      case 'invalid_type': {
        const missing = issue.input === undefined && issue.message.includes('received undefined');
        this.report(issue.path, missing ? 'is missing' : `must be ${nameOf(issue.expected)}`);
        return;
      }
      case 'invalid_value':
        this.report(issue.path, `must be one of ${issue.values.map(String).join(', ')}`);
        return;
      case 'invalid_union': {
        const [first] = issue.errors.flat();
        this.report(
          issue.path,
          first?.code === 'custom' ? first.message : 'has none of the forms it may have',
        );
        return;
      }
      default:
        this.report(issue.path, `${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}`);
    }
  }
}

/** `trunk office, register.server: `: the place as people call it. */
function placeOf(path: Path, content: unknown): string {
  if (path.length === 0) return '';
  const [first, index, ...rest] = path;
  if (first !== 'trunks' || typeof index !== 'number') return `${path.map(String).join('.')}: `;
  const entry = z
    .object({ trunks: z.array(z.unknown()) })
    .safeParse(content)
    .data?.trunks.at(index);
  const name = z.object({ name: z.string() }).safeParse(entry).data?.name ?? `number ${index + 1}`;
  return `trunk ${name}${rest.length > 0 ? `, ${rest.map(String).join('.')}` : ''}: `;
}

function nameOf(type: string): string {
  if (type === 'object' || type === 'record') return 'a block of names and values';
  if (type === 'array' || type === 'tuple') return 'a list';
  return type === 'string' ? 'a text' : `a ${type}`;
}

/** The settings that may stand at this place of the file. */
function keysAt(schema: z.ZodType, path: Path): readonly string[] {
  let at: unknown = schema;
  for (const key of path) {
    const inner = unwrapped(at);
    if (inner instanceof z.ZodArray) at = inner.element;
    else if (inner instanceof z.ZodObject) at = (inner.shape as Record<PropertyKey, unknown>)[key];
    else return [];
  }
  const inner = unwrapped(at);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function unwrapped(schema: unknown): unknown {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault)
    inner = inner.unwrap();
  return inner;
}

/** Where the value begins that `path` leads to; when it is missing, where what encloses it begins. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}
