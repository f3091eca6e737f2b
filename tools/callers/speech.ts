import { createRandom, type Random } from '../../src/commerce/demo-shop/random.ts';
import type { Language } from '../../src/core/language.ts';
import type { CallerChange, CallerItem, CallerScript, Goal } from './script.ts';
import { wordings, type WordingName } from './wordings.ts';

/** A value that is read to others in its own way, such as `{email:anna@example.com}`; in text only the value is written. */
const markup = /\{(\w+):([^{}]+)\}/g;

/** What is written where words are typed. */
export function typed(text: string): string {
  return text.replace(markup, '$2');
}

/** A caller's way of talking: wordings by name, taken in turn, with the hesitations of its script. */
export class Speech {
  readonly #script: CallerScript;
  readonly #random: Random;
  readonly #used = new Map<string, number>();

  constructor(script: CallerScript, seed: number) {
    this.#script = script;
    this.#random = createRandom(seed);
  }

  get #language(): Language {
    return this.#script.language;
  }

  /** The next wording of `name` with its places filled; one whose places cannot be filled is passed over. */
  say(name: string, values: Readonly<Record<string, string>> = {}): string {
    const own = this.#script.wordings[name] ?? this.#builtIn(name);
    return this.pick(name, own, values);
  }

  /** The next of `list`, counted under `name`. */
  pick(name: string, list: readonly string[], values: Readonly<Record<string, string>> = {}): string {
    const fitting = list.filter((text) => {
      return [...text.matchAll(/\{(\w+)\}/g)].every(([, place = '']) => (values[place] ?? '') !== '');
    });
    const used = this.#used.get(name) ?? 0;
    this.#used.set(name, used + 1);
    // Which wording comes first is the seed's choice, so that callers of one script do not all speak alike.
    const offset = used === 0 ? this.#random.int(0, Math.max(0, fitting.length - 1)) : 0;
    if (used === 0) this.#used.set(name, offset + 1);
    const text = fitting[(used + offset) % Math.max(1, fitting.length)] ?? list[0] ?? '';
    return text.replace(/\{(\w+)\}/g, (whole, place: string) => values[place] ?? whole);
  }

  /** The words as this caller utters them: with hesitations, and words of the other language. */
  utter(text: string): string {
    const { hesitates, mixes } = this.#script.manner;
    const words = wordings[this.#language];
    const soft = (beginning: string) => {
      return this.#language === 'en' && !/^(I\b|I'|[^a-z]*\d|[A-Z]{2})/.test(text)
        ? beginning + text.charAt(0).toLowerCase() + text.slice(1)
        : beginning + text;
    };
    if (hesitates > 0 && this.#random.chance(hesitates)) return soft(this.#random.pick(words.filler));
    if (mixes > 0 && this.#random.chance(mixes)) return soft(this.#random.pick(words.other_language));
    return text;
  }

  /** "the blue lamp and the mug": options stand before the name when they are needed. */
  items(items: readonly CallerItem[], withOptions = false): string {
    return this.list(items.map((item) => this.item(item, withOptions)));
  }

  item(item: CallerItem, withOptions: boolean): string {
    const { article } = wordings[this.#language];
    const said = withOptions ? Object.keys(item.options) : item.telling;
    const options = said.flatMap((name) => {
      const value = item.options[name];
      return value === undefined ? [] : this.option([name, value]);
    });
    const name = [...options, item.product].join(this.#language === 'zh' ? '' : ' ');
    return item.quantity > 1 ? `${item.quantity} ${name}` : article + name;
  }

  /** "the lamp for one with black, brass". */
  changes(
    changes: readonly CallerChange[],
    wished?: (change: CallerChange) => Record<string, string>,
  ): string {
    const { becomes } = wordings[this.#language];
    return this.list(
      changes.map((change) => {
        const to = Object.entries(wished?.(change) ?? change.to);
        const name = this.item(change, false);
        if (change.toWords !== undefined)
          return `${name} ${this.#language === 'zh' ? '换成' : 'for'} ${change.toWords}`;
        return to.length === 0 ? name : name + becomes + to.map((entry) => this.option(entry)).join(', ');
      }),
    );
  }

  /** An option's value as it is said; one that says nothing without its name has it: "backlight none". */
  option([name, value]: readonly [string, string]): string {
    const isBare = /^(none|yes|no|\d+)$/i.test(value);
    if (!isBare) return value;
    if (this.#language === 'zh') return name + value;
    if (/^none$|^no$/i.test(value)) return `no ${name}`;
    return /^yes$/i.test(value) ? name : `${name} ${value}`;
  }

  list(parts: readonly string[]): string {
    const { and, comma } = wordings[this.#language];
    if (parts.length < 2) return parts.join('');
    return parts.slice(0, -1).join(comma) + and + (parts.at(-1) ?? '');
  }

  ordinal(index: number): string {
    return wordings[this.#language].ordinals[index] ?? String(index + 1);
  }

  #builtIn(name: string): readonly string[] {
    const words: readonly string[] | string = wordings[this.#language][name as WordingName];
    return typeof words === 'string' ? [words] : words;
  }

  has(name: string): boolean {
    return name in this.#script.wordings || name in wordings[this.#language];
  }
}

/** The items and changes of a goal that the caller speaks of by themselves. */
export function openItems(goal: Goal): CallerItem[] {
  return [...goal.items, ...goal.changes].filter(({ afterthought }) => !afterthought);
}
