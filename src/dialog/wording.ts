import type { Language } from '../core/language.ts';
import type { SpeechPart } from '../core/speech.ts';
import { compileExpression, type Expression, type Scope } from './expressions.ts';
import { formatterNames, formatValue, type FormatContext } from './formatters.ts';
import type { PromptSource } from './schema.ts';

type Piece =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'value';
      readonly expression: Expression;
      readonly formatter: string;
      readonly argument: string;
    };

/** One wording of a prompt: words with places for values. */
export interface Wording {
  readonly source: string;
  readonly pieces: readonly Piece[];
}

/** A prompt with its wordings per language; `text` replaces them on text channels. */
export interface Prompt {
  readonly id: string;
  readonly interruptible: boolean;
  /** True: left out without a note when the values of all its wordings are missing. */
  readonly optional: boolean;
  readonly voice: Readonly<Record<Language, readonly Wording[]>>;
  readonly text: Readonly<Record<Language, readonly Wording[]>>;
  /** What callers who are angry or upset hear instead; an empty list: nothing. */
  readonly tense: Readonly<Record<Language, readonly Wording[]>> | undefined;
}

/** Compiles a prompt. Throws an `Error` whose message names the wording and what is wrong with it. */
export function compilePrompt(id: string, source: PromptSource): Prompt {
  const compile = (wordings: string | readonly string[]): readonly Wording[] =>
    (typeof wordings === 'string' ? [wordings] : wordings).map(compileWording);
  const voice = { en: compile(source.en), zh: compile(source.zh) };
  const text = source.text ? { en: compile(source.text.en), zh: compile(source.text.zh) } : voice;
  const tense = source.tense && { en: compile(source.tense.en), zh: compile(source.tense.zh) };
  const { interruptible = true, optional = false } = source;
  return { id, interruptible, optional, voice, text, tense };
}

/**
 * Reads `Order {order.id|order_number} is on its way.` A place is an expression, optionally followed by `|`, a formatter
 * and `:` with its argument; `{{` and `}}` stand for braces. Throws an `Error` with a sentence.
 */
export function compileWording(source: string): Wording {
  const pieces: Piece[] = [];
  let text = '';
  const flush = () => {
    if (text !== '') pieces.push({ type: 'text', text });
    text = '';
  };
  for (let index = 0; index < source.length; index += 1) {
    const char = source[index] ?? '';
    if ((char === '{' || char === '}') && source[index + 1] === char) {
      text += char;
      index += 1;
    } else if (char === '{') {
      const end = endOfPlace(source, index + 1);
      if (end === undefined) throw new Error(`"${source}" has "{" without "}"`);
      flush();
      pieces.push(compilePlace(source.slice(index + 1, end)));
      index = end;
    } else if (char === '}') {
      throw new Error(`"${source}" has "}" without "{"`);
    } else {
      text += char;
    }
  }
  flush();
  return { source, pieces };
}

/** Index of the brace that closes a place; braces and quotes inside expressions are stepped over. */
function endOfPlace(source: string, from: number): number | undefined {
  let depth = 0;
  let quote = '';
  for (let index = from; index < source.length; index += 1) {
    const char = source[index] ?? '';
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === '"' || char === "'") {
      quote = char;
    } else if (char === '{') {
      depth += 1;
    } else if (char === '}') {
      if (depth === 0) return index;
      depth -= 1;
    }
  }
  return undefined;
}

function compilePlace(place: string): Piece {
  // `||` is the expression's "or"; a single bar starts the formatter.
  const bar = /(?<!\|)\|(?!\|)\s*([a-z_]+)\s*(?::([^|]*))?$/.exec(place);
  const formatter = bar?.[1] ?? 'plain';
  if (!formatterNames.has(formatter)) {
    throw new Error(`there is no formatter "${formatter}" (known: ${[...formatterNames].join(', ')})`);
  }
  const expression = bar ? place.slice(0, bar.index) : place;
  return {
    type: 'value',
    expression: compileExpression(expression.trim()),
    formatter,
    argument: (bar?.[2] ?? '').trim(),
  };
}

/** The parts of a wording; undefined when a value it needs is missing. */
export function renderWording(
  wording: Wording,
  scope: Scope,
  context: FormatContext,
): readonly SpeechPart[] | undefined {
  const parts: SpeechPart[] = [];
  for (const piece of wording.pieces) {
    if (piece.type === 'text') {
      append(parts, { type: 'text', text: piece.text });
      continue;
    }
    const value = piece.expression.evaluate(scope);
    const formatted =
      value === undefined ? undefined : formatValue(piece.formatter, value, piece.argument, context);
    if (formatted === undefined) return undefined;
    for (const part of formatted) append(parts, part);
  }
  return parts;
}

/** Adds a part; neighbouring words become one part, so that a sentence is spoken in one breath. */
export function append(parts: SpeechPart[], part: SpeechPart): void {
  const last = parts.at(-1);
  if (part.type === 'text' && last?.type === 'text') {
    parts[parts.length - 1] = { type: 'text', text: last.text + part.text };
  } else if (part.text !== '') {
    parts.push(part);
  }
}

/** Every wording of a prompt, for whomever it is meant. */
export function allWordings({ voice, text, tense }: Prompt): readonly Wording[] {
  return [voice, text, ...(tense ? [tense] : [])].flatMap(({ en, zh }) => [...en, ...zh]);
}

/** True when a wording says the same in every call. */
export function isFixed(wording: Wording): boolean {
  return wording.pieces.every((piece) => piece.type === 'text');
}
