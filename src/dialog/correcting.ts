import type { Language } from '../core/language.ts';
import { captureSettings, inputFor, readingOf } from './answer-values.ts';
import { accept } from './asking.ts';
import { captureValue } from './capture/capture.ts';
import { choiceInSentence } from './capture/choice.ts';
import { choicesInSentence } from './capture/choices.ts';
import { take } from './choosing.ts';
import { optionsOf, type ListedOption } from './options.ts';
import type { StepOf } from './schema.ts';
import { slotOf } from './slots.ts';
import { goTo } from './stack.ts';
import type { Frame, Heard } from './state.ts';
import type { Turn } from './turn.ts';

/** "Leave out the lamp", "not the lamp": what follows is taken away from what was chosen. */
const without: Readonly<Record<Language, RegExp>> = {
  en: /\b(?:without|except(?: for)?|but not|not|leave(?: out)?|drop|forget(?: about)?|skip|take out|remove|keep)\b(.+)$/i,
  zh: /(?:除了|不要|不换|不退|去掉|别换|别退|不算|留着|留下)(.+)$/u,
};
/** "Only the lamp", "no, it is about the lamp": nothing else. */
const only: Readonly<Record<Language, RegExp>> = {
  en: /\b(?:only|just|(?:it is|it's|this is) about)\b/i,
  zh: /只|仅|说的是|指的是/u,
};

/**
 * An answer to a read-back that is no plain yes or no, but names another value for something that was chosen on the way: takes that
 * value and goes back only as far as its step. What was chosen besides stays. Returns false when nothing is corrected.
 */
export function correctValue(turn: Turn, frame: Frame, step: StepOf<'confirm'>, heard: Heard): boolean {
  if (!step.correct || heard.byKeys || heard.queued) return false;
  const corrections = step.correct.flatMap((name) => correctionOf(turn, frame, name, heard) ?? []);
  const correction = corrections.find(({ isVague }) => !isVague) ?? corrections[0];
  correction?.carryOut();
  return correction !== undefined;
}

/** A value that an answer names for a step. */
interface Correction {
  /** Something is named by a word of what it is like alone: "card" of a camera with an SD card. Any other meaning comes first. */
  readonly isVague: boolean;
  readonly carryOut: () => void;
}

function correctionOf(turn: Turn, frame: Frame, name: string, heard: Heard): Correction | undefined {
  const step = turn.flow(frame.flow).steps.get(name);
  if (step && 'choose' in step) return otherChoice(turn, frame, name, step, heard);
  if (step && 'ask' in step) return otherAnswer(turn, frame, name, step, heard);
  return undefined;
}

function otherChoice(
  turn: Turn,
  frame: Frame,
  name: string,
  step: StepOf<'choose'>,
  heard: Heard,
): Correction | undefined {
  const options = optionsOf(turn, frame, step);
  const value = turn.state.slots[step.choose];
  const current: readonly unknown[] = Array.isArray(value) ? value : [value];
  const ids =
    step.many === true ? severalNamed(turn, heard, options, current) : oneNamed(turn, heard, options);
  const chosen = options.filter(({ id }) => ids.includes(id));
  const isSame = chosen.length === current.length && chosen.every(({ id }) => current.includes(id));
  if (chosen.length === 0 || isSame) return undefined;
  return {
    isVague: step.many === true && !options.some((option) => isNamed(option, heard.text)),
    carryOut: () => {
      begin(turn, frame, name, step.choose, heard);
      take(turn, frame, step, chosen);
    },
  };
}

/** Does a text have a word of a thing's name, which flows put first among its words, or else read out? */
function isNamed({ words, label }: ListedOption, text: string): boolean {
  const said = text.toLowerCase();
  const [name = label] = words;
  const parts = /\p{Script=Han}/u.test(name) ? [name.slice(-2)] : name.toLowerCase().split(/\s+/);
  return parts.some((part) => part.length > 1 && said.includes(part));
}

function oneNamed(turn: Turn, heard: Heard, options: readonly ListedOption[]): readonly string[] {
  const id = choiceInSentence(heard.text, turn.state.language, options);
  return id === undefined ? [] : [id];
}

/** "Only the lamp", "not the lamp", "the lamp, too". */
function severalNamed(
  turn: Turn,
  heard: Heard,
  options: readonly ListedOption[],
  current: readonly unknown[],
): readonly string[] {
  const { language } = turn.state;
  const isOnly = only[language].test(heard.text);
  const left = isOnly ? undefined : without[language].exec(heard.text)?.[1];
  if (left !== undefined) {
    const out = choicesInSentence(left, language, options);
    if (out.length > 0)
      return options.map(({ id }) => id).filter((id) => current.includes(id) && !out.includes(id));
  }
  const named = choicesInSentence(heard.text, language, options);
  if (isOnly || named.length === 0) return named;
  return options.map(({ id }) => id).filter((id) => current.includes(id) || named.includes(id));
}

function otherAnswer(
  turn: Turn,
  frame: Frame,
  name: string,
  step: StepOf<'ask'>,
  heard: Heard,
): Correction | undefined {
  const input = inputFor(turn, step.ask, heard);
  const captured = captureValue(slotOf(turn, step.ask).kind, input, captureSettings(turn));
  const before = turn.state.slots[step.ask];
  const isSame =
    (typeof before === 'string' || typeof before === 'number') &&
    captured.type === 'value' &&
    captured.value === String(before);
  if (captured.type !== 'value' || isSame) return undefined;
  return {
    isVague: false,
    carryOut: () => {
      begin(turn, frame, name, step.ask, heard);
      accept(turn, frame, step, readingOf(turn, captured, heard));
    },
  };
}

function begin(turn: Turn, frame: Frame, name: string, slot: string, heard: Heard): void {
  turn.note('corrected', { slot, text: heard.text });
  turn.state.waiting = null;
  frame.agreed = {};
  frame.kept = true;
  goTo(frame, name);
}
