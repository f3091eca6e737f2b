import { writtenText } from '../core/speech.ts';
import type { Language } from '../core/language.ts';
import { spelledToCharacters } from '../core/spelling.ts';
import type { Captured, CaptureInput } from './capture/captured.ts';
import { canonical } from './capture/code-shape.ts';
import { answerToChunk } from './capture/unsure-chunk.ts';
import { captureUnasked, captureValue, type CaptureSettings } from './capture/capture.ts';
import { saysCannot } from './capture/cannot.ts';
import { dayPartIn } from './capture/dates.ts';
import { captureYesNo, type YesNo } from './capture/yes-no.ts';
import { accept, fill, stumble } from './asking.ts';
import type { Command } from './commands.ts';
import { obey, otherwise, type Said } from './obeying.ts';
import { listenAgain, sayQuestionAgain } from './questions.ts';
import { listensLike, plausibleValues, slotOf } from './slots.ts';
import type { StepOf } from './schema.ts';
import type { Frame, Heard, Reading } from './state.ts';
import { proceed } from './stack.ts';
import type { Turn } from './turn.ts';

export function captureSettings(turn: Turn): CaptureSettings {
  const { orderNumber, postalCode, settings } = turn.pack;
  return { orderNumber, postalCode, phoneRegion: settings.phoneRegion };
}

export function inputFor(
  turn: Turn,
  slotName: string,
  heard: Heard,
  known: Partial<CaptureInput> = {},
): CaptureInput {
  const { kind, past, oneName } = slotOf(turn, slotName);
  return {
    text: heard.text,
    alternatives: heard.alternatives,
    language: turn.state.language,
    spelled: heard.spelled,
    partial: '',
    ...(oneName === true && { oneName }),
    ...(kind === 'date' && { today: { day: turn.today, past: past ?? false } }),
    plausible: plausibleValues(turn, slotName),
    rejected: [],
    ...known,
  };
}

/** A captured value as a reading: believed at once only when neither capture nor the recogniser has doubts. */
export function readingOf(turn: Turn, captured: Extract<Captured, { type: 'value' }>, heard: Heard): Reading {
  const isDoubtful = heard.confidence !== null && heard.confidence < turn.pack.settings.confirmBelow;
  const { value, others, certain, rival } = captured;
  return {
    value,
    others: [...others],
    certain: certain && !isDoubtful,
    ...(rival !== undefined && { rival }),
  };
}

/** What has grown longer than this without becoming a value never will; the longest are addresses with their parts. */
const longestBeginning = 200;

/** Takes an answer as the value that a step asks for. */
export function answerValue(turn: Turn, frame: Frame, step: StepOf<'ask'>, said: Said): void {
  const { heard, command } = said;
  const slot = slotOf(turn, listensLike(step));
  const { progress } = frame;
  if (progress.readBack) {
    answerReadBack(turn, frame, step, said);
    return;
  }
  if (progress.chunk && answerChunk(turn, frame, step, said)) return;
  // A name can be any word: a command is believed before it.
  const isCommandFirst = command && (command.exact || slot.kind === 'person_name');
  if (isCommandFirst && obey(turn, command)) return;
  const { language } = turn.state;
  const input = inputFor(turn, listensLike(step), heard, {
    partial: progress.partial,
    rejected: progress.rejected,
  });
  const captured: Captured =
    slot.kind === 'anything' || slot.kind === 'value'
      ? { type: 'value', value: heard.text, others: [], certain: true }
      : captureValue(slot.kind, input, captureSettings(turn));
  const cannot = step.cannot !== undefined && saysCannot(heard.text, language) ? step.cannot : undefined;
  if (captured.type === 'value' && !(slot.kind === 'person_name' && cannot !== undefined)) {
    noteGiven(turn, heard, listensLike(step));
    if (slot.kind === 'date') turn.state.variables.day_part = dayPartIn(heard.text, language) ?? null;
    accept(turn, frame, step, readingOf(turn, captured, heard));
    return;
  }
  if (command?.pattern === 'agent' && obey(turn, command)) return;
  const otherSlots = noteGiven(turn, heard, listensLike(step));
  const isOtherValue = otherSlots.length > 0;
  const instead = insteadOf(turn, step, heard, otherSlots) ?? cannot;
  if (instead !== undefined) {
    turn.state.waiting = null;
    proceed(turn, turn.state.stack, instead);
    return;
  }
  if (
    captured.type !== 'partial' &&
    progress.partial !== '' &&
    captureYesNo(heard.text, language)?.answer === 'no'
  ) {
    // "No" to the beginning that was read back: it begins anew.
    progress.partial = '';
    stumble(turn, 'noMatch');
    return;
  }
  // A few spelled characters within a sentence are no beginning of a value when the sentence is a command.
  const isBeginning =
    captured.type === 'partial' &&
    captured.value !== progress.partial &&
    captured.value.length <= longestBeginning &&
    !isOtherValue;
  if (isBeginning && (!command || isMostlySpelled(heard.text, language))) {
    progress.partial = captured.value;
    frame.tries.noMatch = 0;
    frame.tries.noInput = 0;
    if (slot.parts) sayQuestionAgain(turn);
    else if (slot.goOn !== undefined) turn.say(slot.goOn, { extra: { value: captured.value } });
    listenAgain(turn);
    return;
  }
  otherwise(turn, said);
}

function isMostlySpelled(text: string, language: Language): boolean {
  const spelled = spelledToCharacters(text, language).tokens.reduce(
    (sum, token) => sum + token.text.length,
    0,
  );
  return spelled >= 0.4 * text.replace(/[\s\p{P}]/gu, '').length;
}

/** The step for another slot that the caller gave with these words, or named, instead. */
function insteadOf(
  turn: Turn,
  step: StepOf<'ask'>,
  heard: Heard,
  given: readonly string[],
): string | undefined {
  for (const [name, target] of Object.entries(step.instead ?? {})) {
    if (given.includes(name)) return target;
    const words = slotOf(turn, name).words?.[turn.state.language] ?? [];
    const text = heard.text.toLowerCase();
    if (words.some((word) => text.includes(word.toLowerCase()))) return target;
  }
  return undefined;
}

/**
 * Keeps values that were given without being asked for, so that they need not be asked for later. Returns the names of their slots.
 */
export function noteGiven(turn: Turn, heard: Heard, asked: string | undefined): string[] {
  if (heard.byKeys) return [];
  const names: string[] = [];
  const settings = captureSettings(turn);
  for (const [name, slot] of turn.pack.slots) {
    if (name === asked || slot.kind === 'value') continue;
    const input = inputFor(turn, name, heard, {
      // It was made for the value asked for.
      spelled: undefined,
      asked: asked === undefined ? undefined : slotOf(turn, asked).kind,
    });
    const entity = heard.entities.find(({ kind }) => kind === slot.kind);
    let captured = captureUnasked(slot.kind, input, settings);
    if (captured.type !== 'value' && entity && slot.kind === 'order_number') {
      captured = captureValue(
        slot.kind,
        { ...input, text: entity.value, alternatives: [entity.text] },
        settings,
      );
    }
    if (captured.type !== 'value') continue;
    turn.state.given[name] = readingOf(turn, captured, heard);
    names.push(name);
  }
  return names;
}

/** The answer to "is that right?": yes, no, a correction of a part, or another value. */
function answerReadBack(turn: Turn, frame: Frame, step: StepOf<'ask'>, said: Said): void {
  const { progress } = frame;
  const { heard, command } = said;
  if (!progress.readBack) return;
  const { value, result } = progress.readBack;
  const slot = slotOf(turn, listensLike(step));
  const { kind } = slot;
  if (!heard.byKeys || heard.text.length > 1) {
    const input = inputFor(turn, listensLike(step), heard, { partial: value, rejected: progress.rejected });
    const captured = captureValue(kind, input, captureSettings(turn));
    if (captured.type === 'partial' && slot.parts) {
      // "The street is wrong": only that part is asked for again.
      correctParts(turn, frame, captured.value);
      return;
    }
    if (captured.type === 'value' && captured.value !== value && kind !== 'person_name') {
      progress.readBack = null;
      progress.rejected.push(value);
      accept(turn, frame, step, readingOf(turn, captured, heard));
      return;
    }
  }
  const yesNo = yesNoOf(turn, heard, command);
  if (yesNo && !heard.queued) {
    if (yesNo.answer === 'yes') {
      progress.readBack = null;
      fill(turn, frame, step, value, result);
      return;
    }
    if (slot.parts) {
      correctParts(turn, frame, value);
      return;
    }
    progress.readBack = null;
    progress.rejected.push(value);
    stumble(turn, 'noMatch');
    return;
  }
  otherwise(turn, said);
}

/** The answer to "this or that?". False when it says nothing of the chunk: it may be the whole value, a command or anything. */
function answerChunk(turn: Turn, frame: Frame, step: StepOf<'ask'>, said: Said): boolean {
  const { progress } = frame;
  const { chunk } = progress;
  const { heard } = said;
  if (!chunk) return false;
  const slotName = listensLike(step);
  const { kind } = slotOf(turn, slotName);
  const shape = kind === 'postal_code' ? turn.pack.postalCode : turn.pack.orderNumber;
  const input = inputFor(turn, slotName, heard, { partial: '', plausible: [], rejected: progress.rejected });
  const { before, first, second, after, result } = chunk;
  const [value = '', rival = ''] = [first, second].map((part) => canonical(before + part + after, shape));
  const whole = captureValue(kind, { ...input, spelled: undefined }, captureSettings(turn));
  const isWholeAgain = whole.type === 'value';
  const completed = isWholeAgain ? undefined : answerToChunk(input, chunk, shape);
  if (!isWholeAgain && !completed) {
    const isNeither = captureYesNo(heard.text, turn.state.language)?.answer === 'no';
    if (!isNeither || heard.queued) return false;
    progress.chunk = null;
    progress.rejected.push(value, rival);
    stumble(turn, 'noMatch');
    return true;
  }
  progress.chunk = null;
  const answered = completed ? canonical(completed.body, shape) : '';
  if (answered === value) {
    // It is what was looked up already.
    fill(turn, frame, step, value, result);
    return true;
  }
  if (whole.type === 'value') accept(turn, frame, step, readingOf(turn, whole, heard));
  else accept(turn, frame, step, { value: answered, others: [], certain: completed?.certain ?? false });
  return true;
}

/** Asks for the part of an address that is wrong, or for the one that is now missing. */
function correctParts(turn: Turn, frame: Frame, partial: string): void {
  frame.progress.readBack = null;
  frame.progress.partial = partial;
  sayQuestionAgain(turn);
  listenAgain(turn);
}

/** A yes or no by words, by key, or as understanding takes it; the last is never clear. */
export function yesNoOf(turn: Turn, heard: Heard, command: Command | undefined): YesNo | undefined {
  if (heard.byKeys) {
    if (heard.text === '1') return { answer: 'yes', clear: true, mixed: false };
    return heard.text === '2' ? { answer: 'no', clear: true, mixed: false } : undefined;
  }
  const question = turn.state.lastSaid.map(writtenText).join(' ');
  const said = captureYesNo(heard.text, turn.state.language, question);
  if (said) return said;
  if (command?.pattern === 'affirm') return { answer: 'yes', clear: false, mixed: false };
  return command?.pattern === 'deny' ? { answer: 'no', clear: false, mixed: false } : undefined;
}
