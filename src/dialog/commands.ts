import { languages, type Language } from '../core/language.ts';
import type { FlowPack } from './flow-pack.ts';
import type { Route, RoutedPattern } from './schema.ts';
import type { Heard } from './state.ts';

/** What a sentence commands, as far as it is an intent that a pattern answers. */
export interface Command {
  readonly pattern: RoutedPattern;
  /** The sentence is word for word an example of the intent: no doubt about it. */
  readonly exact: boolean;
}

/** An intent with its route. */
export interface Wanted {
  readonly intent: string;
  readonly route: Route;
  readonly score: number;
  readonly exact: boolean;
}

/** Knows the example sentences, so that "agent" is understood even where the classifier is not sure. */
export class IntentReader {
  readonly #pack: FlowPack;
  readonly #exact = new Map<string, string>();

  constructor(pack: FlowPack) {
    this.#pack = pack;
    for (const { intent, examples } of pack.intents) {
      for (const language of languages) {
        for (const example of examples[language]) this.#exact.set(plain(example), intent);
      }
    }
  }

  /** The intent of a sentence: that of the same example sentence, or the one understanding scored best. */
  read(heard: Heard): Wanted | undefined {
    const exact = this.#exact.get(plain(heard.text));
    const best = heard.intents[0];
    const intent = exact ?? best?.intent;
    const route = intent === undefined ? undefined : this.#pack.routing.intents[intent];
    if (intent === undefined || !route) return undefined;
    return { intent, route, score: exact === undefined ? (best?.score ?? 0) : 1, exact: exact !== undefined };
  }

  /** The pattern a sentence asks for. */
  command(heard: Heard): Command | undefined {
    const wanted = this.read(heard);
    return wanted && 'pattern' in wanted.route
      ? { pattern: wanted.route.pattern, exact: wanted.exact }
      : undefined;
  }
}

function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

const requests: Readonly<Record<Language, RegExp>> = {
  en: /\b(?:(?:speak|talk|in|use|switch to|want|prefer) english|english,? please)\b|^english$|(?:说|讲|用|换成?|转)(?:英语|英文)/iu,
  zh: /\b(?:(?:speak|talk|in|use|switch to|want|prefer) (?:chinese|mandarin)|(?:chinese|mandarin),? please)\b|^(?:chinese|mandarin)$|(?:说|讲|用|换成?|转)(?:中文|汉语|普通话|国语)/iu,
};

/** Kinds of question whose answer may be in Latin letters in whatever language. */
const spelledKinds: ReadonlySet<string> = new Set(['order_number', 'person_name', 'postal_code', 'address']);

/**
 * The language the caller has gone over to: asked for by name, or clearly spoken. Names, codes and addresses in Latin
 * letters are no change of language.
 */
export function languageOf(
  heard: Heard,
  current: Language,
  kind: string,
  available: readonly Language[],
): Language {
  if (heard.byKeys) return current;
  const asked = languages.find((language) => language !== current && requests[language].test(heard.text));
  const spoken = heard.language === current ? undefined : heard.language;
  const wanted = asked ?? (spoken !== undefined && isClearly(spoken, heard.text, kind) ? spoken : undefined);
  return wanted !== undefined && available.includes(wanted) ? wanted : current;
}

function isClearly(language: Language, text: string, kind: string): boolean {
  const han = text.match(/\p{Script=Han}/gu)?.length ?? 0;
  if (language === 'zh') return han >= 2;
  // An address is in Latin letters in whatever language, and spelled in English words.
  if (kind === 'email') return false;
  const words = text.match(/[A-Za-z']{2,}/g)?.length ?? 0;
  return han === 0 && words >= (spelledKinds.has(kind) ? 4 : 2);
}
