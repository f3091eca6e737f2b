import { facetAlike, farthestOfGreeting } from './capture/facets-alike.ts';
import { captureChoice, choiceByPrice, choiceInSentence } from './capture/choice.ts';
import { captureChoices, choicesInSentence } from './capture/choices.ts';
import { saysLeaveIt } from './capture/remarks.ts';
import {
  afterTurning,
  beforeTurning,
  matching,
  nextFacet,
  readFacets,
  type FacetAnswer,
  type FacetInput,
} from './capture/facets.ts';
import { stumble } from './asking.ts';
import { digestOf } from './digest.ts';
import { finish } from './endings.ts';
import { obey, otherwise, type Said } from './obeying.ts';
import { keptFacets, listenForChoice, optionsOf, pageSize, sayChoice, type ListedOption } from './options.ts';
import type { StepOf } from './schema.ts';
import { proceed } from './stack.ts';
import type { Frame, Heard } from './state.ts';
import type { Turn } from './turn.ts';

/** Asks for a choice, unless the caller's wish or the lack of an alternative has made it already. */
export function executeChoose(turn: Turn, frame: Frame, step: StepOf<'choose'>): void {
  const options = optionsOf(turn, frame, step);
  if (options.length === 0 && step.none !== undefined) {
    proceed(turn, turn.state.stack, step.none);
    return;
  }
  const before = frame.kept ? chosenBefore(turn, step, options) : [];
  if (before.length > 0) {
    take(turn, frame, step, before);
    return;
  }
  const named = namedInWish(turn, frame, step, options);
  if (named.length > 0) take(turn, frame, step, named);
  else if (step.takeOnly === true && options.length === 1) take(turn, frame, step, options);
  else askToChoose(turn, frame, step);
}

/** What was chosen here before, as far as it can still be had. */
function chosenBefore(
  turn: Turn,
  step: StepOf<'choose'>,
  options: readonly ListedOption[],
): readonly ListedOption[] {
  const value = turn.state.slots[step.choose];
  const ids: readonly unknown[] = Array.isArray(value) ? value : [value];
  return options.filter(({ id }) => ids.includes(id));
}

export function askToChoose(turn: Turn, frame: Frame, step: StepOf<'choose'>): void {
  sayChoice(turn, frame, step);
  listenForChoice(turn, frame, step);
}

/** What the sentence that began the request says about this choice. Each question is answered by it once. */
function namedInWish(
  turn: Turn,
  frame: Frame,
  step: StepOf<'choose'>,
  options: readonly ListedOption[],
): ListedOption[] {
  const { state } = turn;
  const place = `${frame.flow}.${frame.step}`;
  if (step.fromWish !== true || state.wish === '' || state.heeded.includes(place)) return [];
  state.heeded.push(place);
  if (step.facets !== undefined) {
    // "Exchange the blue mug" says what there is; only "for a white one" says what it shall be.
    const target = step.keep === undefined ? state.wish : afterTurning(state.wish, state.language);
    const { chosen } = readFacets(facetInput(turn, step, options, target, undefined));
    const fitting = Object.keys(chosen).length > 0 ? matching(options, chosen, keptFacets(turn, step)) : [];
    if (step.keep === undefined && fitting.length > 1) {
      // "Do you have the mug in blue?": only what the wish leaves open is asked.
      frame.progress.narrowed = chosen;
      frame.progress.facet = nextFacet(fitting, chosen, [])?.facet ?? null;
    }
    return fitting.length === 1 ? options.filter(({ id }) => id === fitting[0]?.id) : [];
  }
  if (step.many === true) {
    // "Exchange the headphones for white ones": what follows "for" is no further item.
    const ids = [beforeTurning(state.wish, state.language), state.wish]
      .map((text) => choicesInSentence(text, state.language, options))
      .find((found) => found.length > 0);
    return options.filter(({ id }) => ids?.includes(id));
  }
  const id = choiceInSentence(state.wish, state.language, options);
  return options.filter((option) => option.id === id);
}

/** Keeps what was chosen and goes on. */
export function take(
  turn: Turn,
  frame: Frame,
  step: StepOf<'choose'>,
  chosen: readonly ListedOption[],
): void {
  const [first] = chosen;
  if (!first) return;
  turn.state.waiting = null;
  turn.state.slots[step.choose] = step.many === true ? chosen.map(({ id }) => id) : first.id;
  turn.assign(step.save, { item: first.item, items: chosen.map(({ item }) => item) });
  finish(turn, frame, step);
}

/** Takes an answer as a choice. */
export function answerChoice(turn: Turn, frame: Frame, step: StepOf<'choose'>, said: Said): void {
  const { heard, command } = said;
  const options = optionsOf(turn, frame, step);
  // "High" is heard as "Hi".
  const isValue =
    command?.pattern === 'greeting' &&
    alikeIn(turn, frame, step, heard, options, farthestOfGreeting) !== undefined;
  if (command?.exact && !isValue && obey(turn, command)) return;
  if (step.none !== undefined && !heard.queued && saysLeaveIt(heard.text, turn.state.language)) {
    turn.state.waiting = null;
    proceed(turn, turn.state.stack, step.none);
    return;
  }
  if (step.facets !== undefined && !heard.byKeys && answerFacets(turn, frame, step, said, options)) return;
  const chosen = readChoice(turn, frame, step, heard, options);
  if (chosen.type === 'chosen' && !heard.queued) {
    take(
      turn,
      frame,
      step,
      options.filter(({ id }) => chosen.ids.includes(id)),
    );
  } else if (chosen.type === 'more' && options.length > pageSize) {
    const { page } = frame.progress;
    frame.progress.page = page + pageSize < options.length ? page + pageSize : 0;
    askToChoose(turn, frame, step);
  } else if (chosen.type === 'none-of-these' && step.none !== undefined) {
    turn.state.waiting = null;
    proceed(turn, turn.state.stack, step.none);
  } else {
    otherwise(turn, said);
  }
}

type Choice =
  | { readonly type: 'chosen'; readonly ids: readonly string[] }
  | { readonly type: 'more' | 'none-of-these' | 'unclear' };

/** Which options an answer means. */
export function readChoice(
  turn: Turn,
  frame: Frame,
  step: StepOf<'choose'>,
  heard: Heard,
  options: readonly ListedOption[],
): Choice {
  const { page } = frame.progress;
  if (heard.byKeys) return keyedChoice(heard.text, options.slice(page, page + pageSize), step.many === true);
  const input = {
    text: heard.text,
    language: turn.state.language,
    options,
    page,
    pageSize,
    newestFirst: step.newestFirst ?? false,
  };
  if (step.many === true) return captureChoices(input);
  const chosen = captureChoice(input);
  return chosen.type === 'chosen' ? { type: 'chosen', ids: [chosen.id] } : chosen;
}

function keyedChoice(keys: string, options: readonly { readonly id: string }[], many: boolean): Choice {
  if (!(many ? /^[1-9]+$/ : /^[1-9]$/).test(keys)) return { type: 'unclear' };
  const ids = [...new Set(keys)].flatMap((key) => options[Number(key) - 1]?.id ?? []);
  return ids.length > 0 ? { type: 'chosen', ids } : { type: 'unclear' };
}

// Facets

function facetInput(
  turn: Turn,
  step: StepOf<'choose'>,
  options: readonly ListedOption[],
  text: string,
  frame: Frame | undefined,
): FacetInput {
  const { labels, vocabulary } = turn.pack.settings;
  const { language } = turn.state;
  const wordsIn = (list: string) => (code: string) => [
    ...(labels?.[list]?.[code] ? [labels[list][code][language]] : []),
    ...(vocabulary?.[list]?.[code]?.[language] ?? []),
  ];
  return {
    text,
    language,
    options,
    chosen: frame?.progress.narrowed ?? {},
    keep: keptFacets(turn, step),
    asked: frame?.progress.facet ?? undefined,
    wordsFor: wordsIn('option_value'),
    namesFor: wordsIn('option_name'),
  };
}

/** What an answer by voice sounds like, of what is to be chosen. */
function alikeIn(
  turn: Turn,
  frame: Frame,
  step: StepOf<'choose'>,
  heard: Heard,
  options: readonly ListedOption[],
  farthest?: number,
): FacetAnswer | undefined {
  if (step.facets === undefined || heard.byKeys || turn.state.call.channel !== 'voice') return undefined;
  return facetAlike(facetInput(turn, step, options, heard.text, frame), farthest);
}

/** Narrows the options down by what the answer says of them. Returns false when it says nothing of them. */
function answerFacets(
  turn: Turn,
  frame: Frame,
  step: StepOf<'choose'>,
  said: Said,
  options: readonly ListedOption[],
): boolean {
  const { heard } = said;
  const read = readFacets(facetInput(turn, step, options, heard.text, frame));
  const answer: FacetAnswer = read.understood ? read : (alikeIn(turn, frame, step, heard, options) ?? read);
  if (!answer.understood || heard.queued) return false;
  const fitting = matching(options, answer.chosen, answer.open.length > 0 ? {} : keptFacets(turn, step));
  // "The cheapest green one": of what is green, the one that costs least.
  const byPrice =
    fitting.length > 1
      ? choiceByPrice(
          heard.text,
          turn.state.language,
          options.filter(({ id }) => fitting.some((each) => each.id === id)),
        )
      : undefined;
  if (byPrice !== undefined) {
    take(
      turn,
      frame,
      step,
      options.filter(({ id }) => id === byPrice),
    );
    return true;
  }
  const [only] = fitting;
  if (fitting.length === 1 && only) {
    take(
      turn,
      frame,
      step,
      options.filter(({ id }) => id === only.id),
    );
    return true;
  }
  if (fitting.length === 0) {
    // There is no such variant: what was chosen before stands, what was said now does not.
    frame.progress.facet = Object.keys(frame.progress.narrowed).length > 0 ? frame.progress.facet : null;
    turn.say('no_such_variant');
    stumble(turn, 'noMatch');
    return true;
  }
  const next = nextFacet(fitting, answer.chosen, answer.open);
  // The same again is no answer to what is still open: whoever says nothing else must not be asked for ever.
  const isSame =
    digestOf(answer.chosen) === digestOf(frame.progress.narrowed) && next?.facet === frame.progress.facet;
  if (isSame) {
    stumble(turn, 'noMatch');
    return true;
  }
  frame.progress.narrowed = answer.chosen;
  frame.progress.facet = next?.facet ?? null;
  frame.tries.noMatch = 0;
  askToChoose(turn, frame, step);
  return true;
}
