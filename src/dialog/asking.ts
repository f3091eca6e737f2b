import type { TaskResult } from '../core/dialog.ts';
import { soundAlikeReadings } from './capture/code.ts';
import { bodyOf, isWhole } from './capture/code-shape.ts';
import { unsureChunk } from './capture/unsure-chunk.ts';
import { digestOf } from './digest.ts';
import { finish, giveUp, tellProblem } from './endings.ts';
import { addressesLike } from './names/names-like.ts';
import { listenAgain, listenForValue, sayQuestionAgain, sayValueQuestion, shownValue } from './questions.ts';
import { listensLike, slotOf } from './slots.ts';
import type { LadderKind, StepOf } from './schema.ts';
import type { Frame, Json, Reading } from './state.ts';
import { interrupt, proceed } from './stack.ts';
import type { Turn } from './turn.ts';
import type { Values } from './expressions.ts';

/** Asks for a slot, unless its value is there already. */
export function executeAsk(turn: Turn, frame: Frame, step: StepOf<'ask'>): void {
  const { state } = turn;
  if (frame.progress.readBack === null && frame.progress.chunk === null) {
    const given = state.given[step.ask];
    if (given) {
      Reflect.deleteProperty(state.given, step.ask);
      accept(turn, frame, step, given);
      return;
    }
    if (state.slots[step.ask] !== undefined) {
      finish(turn, frame, step);
      return;
    }
  }
  sayValueQuestion(turn, frame, step);
  listenForValue(turn, frame, step);
}

/** Takes a reading of the caller's answer: looks it up, reads it back, or believes it. */
export function accept(turn: Turn, frame: Frame, step: StepOf<'ask'>, reading: Reading): void {
  turn.state.waiting = null;
  turn.state.readings[step.ask] = [reading.value, ...reading.others];
  frame.progress.partial = '';
  const shown = shownValue(slotOf(turn, listensLike(step)), reading.value);
  if (step.valid !== undefined && turn.evaluate(step.valid, { value: shown }) !== true) {
    frame.progress.rejected.push(reading.value);
    stumble(turn, 'noMatch', { value: shown });
    return;
  }
  if (step.check) {
    beginCheck(turn, frame, step, step.check, reading);
  } else if (needsReadBack(turn, step, reading.certain)) {
    askBack(turn, frame, step, { value: reading.value, rival: reading.rival ?? null, result: null });
  } else {
    fill(turn, frame, step, reading.value, null);
  }
}

/** Further readings of an address that are looked up in turn with the likeliest names in it; other letters come later. */
const nearestAddresses = 2;

/** What to look up when the value itself is not found: other readings, the form without `#`, a 9 for a 5, an address of another name. */
function furtherReadings(
  turn: Turn,
  step: StepOf<'ask'>,
  { value, others }: Reading,
  earlier: readonly string[],
): string[] {
  const shape = turn.pack.orderNumber;
  const { kind } = slotOf(turn, listensLike(step));
  // What is typed is not misheard.
  if (kind === 'email' && turn.state.call.channel === 'voice') {
    const like = addressesLike([value, ...others], earlier);
    const near = others
      .slice(0, nearestAddresses)
      .flatMap((other, place) => [...like.slice(place, place + 1), other]);
    return [...near, ...like, ...others].filter((each, place, all) => all.indexOf(each) === place);
  }
  if (kind !== 'order_number') return [...others];
  const bare = value.startsWith(shape.lead) ? value.slice(shape.lead.length) : value;
  const isBareAllowed = shape.lead !== '' && (shape.format?.test(bare) ?? true) && isWhole(bare, shape);
  const rest = [
    ...others.slice(0, 1),
    ...(isBareAllowed ? [bare] : []),
    ...others.slice(1),
    ...soundAlikeReadings(value, turn.state.language, shape),
  ];
  return [...new Set(rest)].filter((each) => each !== value);
}

type CheckSource = NonNullable<StepOf<'ask'>['check']>;

/** Look-ups at most where the flow guesses, unless the slot names another number. */
const mostGuesses = 8;
/** The k-th look-up of an answer may take this k-th part before the caller is told and the rest is left: all together about twice that. */
const patienceMs = 3000;
const leastPatienceMs = 400;
/** A further reading of the answer is as likely as the guess that stands this far behind for the first reading. */
const guessesPerReading = 3;

/** Looks a value up: as it was heard first, then with other readings, and with what the flow guesses was misheard elsewhere. */
function beginCheck(
  turn: Turn,
  frame: Frame,
  step: StepOf<'ask'>,
  source: CheckSource,
  reading: Reading,
): void {
  const { value, certain, rival } = reading;
  const values = [value, ...furtherReadings(turn, step, reading, frame.progress.rejected)];
  const readings = [value, ...reading.others];
  const guessed = source.guesses === undefined ? [] : turn.evaluate(source.guesses, { value, readings });
  const texts = Array.isArray(guessed) ? guessed.filter((guess) => typeof guess === 'string') : [];
  const guesses = texts.length === 0 ? [null] : texts;
  const tries = values
    .flatMap((each, row) =>
      guesses.map((guess, place) => ({ value: each, guess, rank: row * guessesPerReading + place })),
    )
    .sort((left, right) => left.rank - right.rank)
    .map(({ value: each, guess }) => ({ value: each, guess }));
  frame.progress.check = {
    value,
    guess: guesses[0] ?? null,
    first: value,
    certain,
    rival: rival ?? null,
    made: 0,
    rest: tries.slice(1),
    tried: [],
    slow: false,
  };
  requestCheck(turn, frame, step);
}

function requestCheck(turn: Turn, frame: Frame, step: StepOf<'ask'>): void {
  const { check } = frame.progress;
  if (!step.check || !check) return;
  const { value, guess } = check;
  const input = turn.evaluateAll(step.check.input, { value, guess });
  check.made += 1;
  check.tried.push(digestOf(input));
  const { slowAfterMs } = turn.pack.settings;
  const patience =
    check.made === 1
      ? slowAfterMs
      : Math.min(slowAfterMs, Math.max(leastPatienceMs, Math.round(patienceMs / check.made)));
  const requested = turn.request(step.check.lookup, input, undefined, patience);
  if ('result' in requested) completeCheck(turn, frame, step, requested.result);
  else turn.waitFor(requested.task, false);
}

/** Takes the shop's answer about a value: believes it, tries another reading, or says that it was not found. */
export function completeCheck(turn: Turn, frame: Frame, step: StepOf<'ask'>, answer: TaskResult): void {
  const { progress } = frame;
  const { check } = progress;
  if (!step.check || !check) return;
  if (!answer.ok && !isNotFound(answer.code, step.check.notFound)) {
    progress.check = null;
    tellProblem(turn, answer.code);
    return;
  }
  const result = answer.ok ? answer.value : null;
  const isFound =
    answer.ok &&
    (step.check.accept === undefined ||
      turn.evaluate(step.check.accept, { value: check.value, guess: check.guess, result }) === true);
  if (isFound) {
    progress.check = null;
    const isCertain = check.certain && check.made === 1;
    const rival = check.made === 1 ? check.rival : null;
    progress.rejected = progress.rejected.filter((each) => each !== check.value);
    if (needsReadBack(turn, step, isCertain))
      askBack(turn, frame, step, { value: check.value, rival, result });
    else fill(turn, frame, step, check.value, result);
    return;
  }
  if (!progress.rejected.includes(check.value)) progress.rejected.push(check.value);
  const next = nextTry(turn, step.check, check);
  const most =
    slotOf(turn, step.ask).checks ??
    (step.check.guesses === undefined ? turn.pack.settings.checks : mostGuesses);
  if (next && check.made < most && !(check.slow && step.check.guesses !== undefined)) {
    check.value = next.value;
    check.guess = next.guess;
    requestCheck(turn, frame, step);
    return;
  }
  progress.check = null;
  if (step.missing !== undefined) {
    turn.state.variables.missing_value = check.first;
    proceed(turn, turn.state.stack, step.missing);
  } else {
    stumble(turn, 'notFound', { value: check.first });
  }
}

/** The next reading and guess whose input was not looked up yet. */
function nextTry(
  turn: Turn,
  source: CheckSource,
  { rest, tried }: { rest: { value: string; guess: string | null }[]; readonly tried: readonly string[] },
): { value: string; guess: string | null } | undefined {
  let next = rest.shift();
  while (next && tried.includes(digestOf(turn.evaluateAll(source.input, next)))) next = rest.shift();
  return next;
}

function isNotFound(code: string, codes: readonly string[] | undefined): boolean {
  return codes ? codes.includes(code) : code.endsWith('not_found');
}

function needsReadBack(turn: Turn, step: StepOf<'ask'>, isCertain: boolean): boolean {
  const slot = slotOf(turn, listensLike(step));
  if (slot.readBack === undefined || slot.confirm === 'never') return false;
  return slot.confirm === 'always' || (!isCertain && turn.state.call.channel === 'voice');
}

/** Makes sure of a value: asks for the one chunk that is in doubt, or reads it back as a whole. */
function askBack(
  turn: Turn,
  frame: Frame,
  step: StepOf<'ask'>,
  { value, rival, result }: { readonly value: string; readonly rival: string | null; readonly result: Json },
): void {
  const slot = slotOf(turn, listensLike(step));
  const isAskable = rival !== null && slot.which !== undefined && slot.confirm === 'unsure';
  const chunk = isAskable ? unsureChunk(bodyOf(value), bodyOf(rival)) : undefined;
  if (chunk) frame.progress.chunk = { ...chunk, result };
  else frame.progress.readBack = { value, result };
  sayValueQuestion(turn, frame, step);
  listenForValue(turn, frame, step);
}

/** The value is right: keeps it and goes on. */
export function fill(turn: Turn, frame: Frame, step: StepOf<'ask'>, value: string, result: Json): void {
  turn.state.waiting = null;
  turn.state.slots[step.ask] = shownValue(slotOf(turn, listensLike(step)), value);
  turn.assign(step.check?.save, { value, result });
  finish(turn, frame, step);
}

/** An answer that cannot be used: the next rung of the ladder, or, when it is used up, a way out. */
export function stumble(turn: Turn, kind: LadderKind, extra: Values = {}): void {
  const frame = turn.top;
  const step = turn.step(frame);
  const { settings } = turn.pack;
  frame.tries[kind] += 1;
  if (kind !== 'noInput') turn.state.failedTurns += 1;
  const rungs = rungsFor(turn, frame, kind);
  const rung = rungs[frame.tries[kind] - 1];
  const { noMatch, noInput, unintelligible, notFound } = frame.tries;
  const total = noMatch + noInput + unintelligible + notFound;
  if (rung === undefined || total > settings.tries) {
    exhausted(turn, kind);
    return;
  }
  turn.state.waiting = null;
  if (kind === 'notFound') {
    frame.progress.readBack = null;
    frame.progress.chunk = null;
  }
  for (const name of rung) {
    if (name === 'question') sayQuestionAgain(turn);
    else turn.say(name, { extra: { value: 'ask' in step ? frame.progress.partial : null, ...extra } });
  }
  listenAgain(turn);
}

/** A slot may have a ladder of its own, except while a value is read back. */
function rungsFor(turn: Turn, frame: Frame, kind: LadderKind): readonly (readonly string[])[] {
  const step = turn.step(frame);
  const general = turn.pack.settings.ladders[kind];
  if (frame.progress.readBack || frame.progress.chunk) return general;
  const name =
    'ask' in step
      ? listensLike(step)
      : 'choose' in step
        ? step.choose
        : 'confirm' in step
          ? step.confirm
          : 'route' in step
            ? step.route
            : '';
  return turn.pack.slots.get(name)?.ladders?.[kind] ?? general;
}

function exhausted(turn: Turn, kind: LadderKind): void {
  const frame = turn.top;
  const step = turn.step(frame);
  turn.state.waiting = null;
  turn.note('ladder-used-up', { flow: frame.flow, step: frame.step, kind });
  const failed = 'failed' in step ? step.failed : undefined;
  if (failed !== undefined && kind !== 'noInput') {
    proceed(turn, turn.state.stack, failed);
    return;
  }
  const pattern = kind === 'noInput' ? 'no-input' : kind === 'notFound' ? 'not-found' : 'no-match';
  if (interrupt(turn, pattern)) return;
  if (failed !== undefined) proceed(turn, turn.state.stack, failed);
  else giveUp(turn);
}
