import { writtenText, type SpeechPart } from '../core/speech.ts';
import type { Option } from './capture/choice.ts';
import { matching, nextFacet, type Facets } from './capture/facets.ts';
import type { StepOf } from './schema.ts';
import { slotOf, timing } from './slots.ts';
import type { Frame, Json } from './state.ts';
import type { Turn } from './turn.ts';
import { append } from './wording.ts';

/** What a choose step offers, and how it is read out. */

/** How many options are read out at once: more cannot be kept in mind. */
export const pageSize = 3;

/** An option together with the element of the list that it stands for. */
export interface ListedOption extends Option {
  readonly item: Json;
  readonly parts: readonly SpeechPart[];
  readonly facets: Facets;
}

/** The options of a choose step; labels that cannot be worked out are left out. */
export function optionsOf(turn: Turn, frame: Frame, step: StepOf<'choose'>): ListedOption[] {
  const list = turn.evaluate(step.from);
  if (!Array.isArray(list)) return [];
  const label = turn.prompt(step.label, frame.flow);
  const vocabulary =
    step.vocabulary === undefined ? undefined : turn.pack.settings.vocabulary?.[step.vocabulary];
  return list.flatMap((item) => {
    const id = turn.evaluate(step.id, { item });
    const said = turn.state.said[label.id] ?? 0;
    const parts = turn.render(label, { item });
    // All options of a list are read in the same wording.
    turn.state.said[label.id] = said;
    if ((typeof id !== 'string' && typeof id !== 'number') || !parts) return [];
    const words = step.words === undefined ? [] : turn.evaluate(step.words, { item });
    const texts = Array.isArray(words) ? words.filter((word) => typeof word === 'string') : [];
    const price = step.price === undefined ? undefined : turn.evaluate(step.price, { item });
    const isInStock = step.inStock === undefined || turn.evaluate(step.inStock, { item }) !== false;
    return [
      {
        id: String(id),
        item,
        parts,
        label: writtenText({ parts }),
        words: texts,
        ...(vocabulary && {
          // As it is read out, by id, or by a further word of the option, such as the kind of a payment method.
          phrases: [
            writtenText({ parts }),
            ...[String(id), ...texts].flatMap((code) => vocabulary[code]?.[turn.state.language] ?? []),
          ],
        }),
        // What cannot be had has no price to compare.
        price: isInStock ? amountOf(price) : undefined,
        facets: step.facets === undefined ? {} : facetsOf(turn.evaluate(step.facets, { item })),
      },
    ];
  });
}

function amountOf(money: Json | undefined): number | undefined {
  if (typeof money !== 'object' || money === null || Array.isArray(money)) return undefined;
  const amount = Number(money.amount);
  return Number.isNaN(amount) ? undefined : amount;
}

/** The texts of a block, by name. */
export function facetsOf(value: Json | undefined): Facets {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, each]) => (typeof each === 'string' ? [[name, each]] : [])),
  );
}

/** The facets that stay as they are where the caller names no other. */
export function keptFacets(turn: Turn, step: StepOf<'choose'>): Facets {
  return step.keep === undefined ? {} : facetsOf(turn.evaluate(step.keep));
}

const ordinals = {
  en: ['The first: ', 'The second: ', 'The third: '],
  zh: ['第一个：', '第二个：', '第三个：'],
} as const;
const separators = { en: '. ', zh: '。' } as const;

export function sayChoice(turn: Turn, frame: Frame, step: StepOf<'choose'>): void {
  const { progress } = frame;
  if (progress.facet !== null && sayFacetQuestion(turn, frame, step)) return;
  turn.say(step.prompt, { flow: frame.flow });
  if (step.readOut === false && !turn.state.keysOnly) return;
  const options = optionsOf(turn, frame, step);
  turn.sayParts(turn.prompt(step.label, frame.flow), listParts(turn, options, progress.page));
  if (options.length > progress.page + pageSize) turn.say('options_more');
  if (turn.state.keysOnly) turn.say('keys_choice');
}

function listParts(turn: Turn, options: readonly ListedOption[], page: number): SpeechPart[] {
  const { language } = turn.state;
  const read = options.slice(page, page + pageSize);
  const parts: SpeechPart[] = [];
  for (const [index, option] of read.entries()) {
    append(parts, { type: 'text', text: ordinals[language][index] ?? '' });
    for (const part of option.parts) append(parts, part);
    append(parts, {
      type: 'text',
      text: index + 1 < read.length ? separators[language] : separators[language].trim(),
    });
  }
  return parts;
}

/** Asks for one facet of what has been narrowed down: "Which size: small, medium, or large?" */
function sayFacetQuestion(turn: Turn, frame: Frame, step: StepOf<'choose'>): boolean {
  const { narrowed, facet } = frame.progress;
  const options = matching(optionsOf(turn, frame, step), narrowed, {});
  const next = nextFacet(options, narrowed, facet === null ? [] : [facet]);
  if (!next) return false;
  frame.progress.facet = next.facet;
  turn.say('which_facet', { extra: { facet: next.facet, values: [...next.values] } });
  return true;
}

export function listenForChoice(turn: Turn, frame: Frame, step: StepOf<'choose'>): void {
  const options = optionsOf(turn, frame, step);
  const max = step.many === true ? Math.min(9, Math.max(1, options.length)) : 1;
  turn.listen(frame, {
    slot: step.choose,
    kind: 'choice',
    choices: options.map(({ id, label }) => ({ id, label })),
    keys: { min: 1, max },
    ...timing(slotOf(turn, step.choose)),
  });
}
