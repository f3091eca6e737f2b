import type { Expecting } from '../core/dialog.ts';
import type { SpellingQuestion } from '../core/recognition.ts';
import { missingPart, partsOf } from './capture/address.ts';
import { bodyOf } from './capture/code-shape.ts';
import { digestOf } from './digest.ts';
import { listenForChoice, sayChoice } from './options.ts';
import type { SlotDefinition, StepOf } from './schema.ts';
import { listensLike, plausibleValues, slotOf, timing } from './slots.ts';
import { isInLine } from './stack.ts';
import type { Frame, Json } from './state.ts';
import { DialogDefect, type Turn } from './turn.ts';

/** Says a question, and in calls where only keys work, how to answer it by keys. */
function sayQuestion(turn: Turn, frame: Frame, prompt: string, byKeys: string | undefined): void {
  if (turn.state.keysOnly && byKeys !== undefined) turn.say(byKeys);
  else turn.say(prompt, { flow: frame.flow });
}

// A value

/** A pause after which an answer of two or three characters is over, in milliseconds. */
const chunkEndOfTurnMs = 700;

export function expectingValue(turn: Turn, frame: Frame, step: StepOf<'ask'>): Expecting {
  const slot = slotOf(turn, listensLike(step));
  const { partial, chunk } = frame.progress;
  return {
    slot: step.ask,
    kind: slot.kind === 'value' ? 'anything' : slot.kind,
    ...timing(slot),
    ...(slot.keys && { keys: slot.keys }),
    ...(chunk && chunk.before !== '' && { collected: chunk.before }),
    // A few characters are the whole answer, though they are not the whole value.
    ...(chunk && { endOfTurnMs: chunkEndOfTurnMs }),
    ...(partial !== '' && { collected: slot.kind === 'address' ? addressText(partial) : partial }),
  };
}

/** What is known of an address, as text. */
function addressText(partial: string): string {
  const { line1, line2, city, state, postalCode } = partsOf(partial);
  return [line1, line2, city, state, postalCode].filter((part) => part !== undefined).join(', ');
}

/** A captured value as prompts and expressions see it: an address is a block of its parts, a number a number. */
export function shownValue(slot: SlotDefinition, value: string): Json {
  if (slot.kind === 'address') return partsOf(value);
  return slot.kind === 'number' ? Number(value) : value;
}

export function sayValueQuestion(turn: Turn, frame: Frame, step: StepOf<'ask'>): void {
  const slot = slotOf(turn, listensLike(step));
  const { readBack, chunk, partial } = frame.progress;
  if (readBack && slot.readBack !== undefined) {
    turn.say(slot.readBack, { extra: { value: shownValue(slot, readBack.value), result: readBack.result } });
  } else if (chunk && slot.which !== undefined) {
    const { first, second } = chunk;
    turn.say(slot.which, { extra: { before: chunk.before === '' ? null : chunk.before, first, second } });
  } else if (slot.parts && partial !== '') {
    // An address comes in parts: the next one that is missing, or the one that is wrong.
    turn.say(slot.parts[missingPart(partsOf(partial)) ?? 'which']);
  } else {
    sayQuestion(turn, frame, step.prompt, slot.byKeys);
  }
}

export function listenForValue(turn: Turn, frame: Frame, step: StepOf<'ask'>): void {
  if (frame.progress.readBack)
    turn.listen(frame, { slot: 'confirm', kind: 'yes_no', keys: { min: 1, max: 1 } });
  else turn.listen(frame, expectingValue(turn, frame, step), { spelling: spellingOf(turn, frame, step) });
}

/** What the spelling recogniser has to know about a value; undefined for values that are not spelled. */
function spellingOf(turn: Turn, frame: Frame, step: StepOf<'ask'>): SpellingQuestion | undefined {
  const { kind } = slotOf(turn, listensLike(step));
  const { language } = turn.state;
  const collected = frame.progress.chunk?.before ?? bodyOf(frame.progress.partial);
  switch (kind) {
    case 'order_number':
    case 'postal_code': {
      const shape = kind === 'order_number' ? turn.pack.orderNumber : turn.pack.postalCode;
      return {
        language,
        places: shape.positions.map((allowed) => [...allowed].join('')),
        collected,
        plausible: plausibleValues(turn, step.ask).map(bodyOf),
      };
    }
    case 'person_name':
    case 'phone_number':
    case 'digits':
    case 'tax_number':
    case 'email':
      return { language, places: [], collected, plausible: [] };
    default:
      return undefined;
  }
}

// Yes or no

/**
 * Asks for a yes or no. What the changes behind this question would send is kept as it is now, so that a yes counts for
 * exactly that.
 */
export function askToConfirm(turn: Turn, frame: Frame, step: StepOf<'confirm'>): void {
  frame.kept = false;
  sayConfirmQuestion(turn, frame, step);
  listenForYesNo(turn, frame, step);
}

export function sayConfirmQuestion(turn: Turn, frame: Frame, step: StepOf<'confirm'>): void {
  turn.say(step.prompt, { flow: frame.flow });
  if (turn.state.keysOnly) turn.say('keys_yes_no');
  frame.agreed = {};
  frame.progress.readOut = Object.fromEntries(
    changesBehind(turn, frame).map(([name, change]) => [
      name,
      digestOf({ operation: change.change, input: turn.evaluateAll(change.input) }),
    ]),
  );
}

export function listenForYesNo(turn: Turn, frame: Frame, step: StepOf<'confirm'>): void {
  const expecting: Expecting = {
    slot: step.confirm,
    kind: 'yes_no',
    keys: { min: 1, max: 1 },
    ...timing(slotOf(turn, step.confirm)),
  };
  turn.listen(frame, expecting, { changes: changesBehind(turn, frame).map(([, { change }]) => change) });
}

/** The changes of this flow that rest on the confirm step the frame is at. */
export function changesBehind(turn: Turn, frame: Frame): [string, StepOf<'change'>][] {
  return [...turn.flow(frame.flow).steps].flatMap(([name, step]): [string, StepOf<'change'>][] =>
    'change' in step && step.agreed === frame.step ? [[name, step]] : [],
  );
}

// What the caller wants

export function askWhatIsWanted(turn: Turn, frame: Frame, step: StepOf<'route'>): void {
  sayQuestion(turn, frame, step.prompt, 'keys_menu');
  listenForWanted(turn, frame, step);
}

export function sayRouteQuestion(turn: Turn, frame: Frame, step: StepOf<'route'>): void {
  sayQuestion(turn, frame, step.prompt, 'keys_menu');
}

export function listenForWanted(turn: Turn, frame: Frame, step: StepOf<'route'>): void {
  turn.listen(frame, {
    slot: step.route,
    kind: 'anything',
    // One key chooses from the menu; more are an order number that the caller keys before being asked.
    keys: { min: 1, max: turn.state.keysOnly ? 1 : 15 },
    ...timing(slotOf(turn, step.route)),
  });
}

// Waiting for a person

/** Silence is all right for whoever waits: this long, in milliseconds. */
const silentWaitMs = 600_000;

/** Listens to a caller who waits for a person. */
export function listenInLine(turn: Turn, frame: Frame): void {
  turn.listen(frame, { slot: 'waiting', kind: 'anything', noInputMs: silentWaitMs });
}

// Any question

/** Asks the question of the step on top again, in its next wording, without listening yet. */
export function sayQuestionAgain(turn: Turn): void {
  const frame = turn.top;
  const step = turn.step(frame);
  if ('ask' in step) sayValueQuestion(turn, frame, step);
  else if ('confirm' in step) sayConfirmQuestion(turn, frame, step);
  else if ('choose' in step) sayChoice(turn, frame, step);
  else if ('route' in step) sayRouteQuestion(turn, frame, step);
  else if (isInLine(turn)) turn.say('queue_back');
}

/** Listens for the answer to the question of the step on top. */
export function listenAgain(turn: Turn): void {
  const frame = turn.top;
  const step = turn.step(frame);
  if ('ask' in step) listenForValue(turn, frame, step);
  else if ('confirm' in step) listenForYesNo(turn, frame, step);
  else if ('choose' in step) listenForChoice(turn, frame, step);
  else if ('route' in step) listenForWanted(turn, frame, step);
  else if (isInLine(turn)) listenInLine(turn, frame);
  else throw new DialogDefect(`Step "${frame.step}" of "${frame.flow}" asks nothing.`);
}
