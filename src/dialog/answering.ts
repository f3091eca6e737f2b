import { languages } from '../core/language.ts';
import { writtenText } from '../core/speech.ts';
import { spelledToCharacters } from '../core/spelling.ts';
import { saysOnlyThanks, saysThanks, saysWrong } from './capture/remarks.ts';
import { captureYesNo } from './capture/yes-no.ts';
import { answerInLine } from './answer-waiting.ts';
import { answerValue, noteGiven, yesNoOf } from './answer-values.ts';
import { stumble } from './asking.ts';
import { answerChoice, take } from './choosing.ts';
import { correctValue } from './correcting.ts';
import { languageOf, type Command, type IntentReader } from './commands.ts';
import { optionsOf } from './options.ts';
import { keepWish, obey, otherwise, sayAnswer, startRequest, type Said } from './obeying.ts';
import { changesBehind, listenAgain, sayQuestionAgain } from './questions.ts';
import type { StepOf } from './schema.ts';
import type { Frame, Heard } from './state.ts';
import { nextOf, proceed } from './stack.ts';
import type { Turn } from './turn.ts';

/** Takes what the caller said or keyed as the answer to the question on top of the stack. */
export function answer(turn: Turn, reader: IntentReader, heard: Heard): void {
  const { state } = turn;
  if (state.waiting?.for !== 'answer') return;
  const isOtherLanguage = followLanguage(turn, heard, state.waiting.expecting.kind);
  const frame = turn.top;
  const step = turn.step(frame);
  const said: Said = {
    heard,
    wanted: reader.read(heard),
    command: thanked(turn, heard, reader.command(heard)),
    isOtherLanguage,
  };
  if ('ask' in step) answerValue(turn, frame, step, said);
  else if ('confirm' in step) answerYesNo(turn, frame, step, said);
  else if ('choose' in step) answerChoice(turn, frame, step, said);
  else if ('route' in step) answerRoute(turn, frame, step, said);
  else if ('handover' in step) answerInLine(turn, frame, step, said);
}

/** Takes options that were pressed on a page; those that are not on offer are passed over. */
export function answerPressed(turn: Turn, ids: readonly string[]): void {
  const { state } = turn;
  if (state.waiting?.for !== 'answer') return;
  const frame = turn.top;
  const step = turn.step(frame);
  if (!('choose' in step)) return;
  const chosen = optionsOf(turn, frame, step).filter(({ id }) => ids.includes(id));
  take(turn, frame, step, step.many === true ? chosen : chosen.slice(0, 1));
}

/** Thanks without a goodbye are answered, and end nothing. */
function thanked(turn: Turn, heard: Heard, command: Command | undefined): Command | undefined {
  const isOnlyThanks = command?.pattern === 'goodbye' && saysOnlyThanks(heard.text, turn.state.language);
  return isOnlyThanks ? { ...command, pattern: 'thanks' } : command;
}

function followLanguage(turn: Turn, heard: Heard, kind: string): boolean {
  const { state, options } = turn;
  // A name or an address in other letters is no other language of the agent.
  if (state.call.atDesk) return false;
  const available = state.call.channel === 'text' ? languages : options.voiceLanguages;
  const language = languageOf(heard, state.language, kind, available);
  if (language === state.language) return false;
  state.language = language;
  turn.effects.push({ type: 'language', language });
  return true;
}

// Yes or no

function answerYesNo(turn: Turn, frame: Frame, step: StepOf<'confirm'>, said: Said): void {
  const { heard, command } = said;
  const yesNo = yesNoOf(turn, heard, command);
  const guarded = changesBehind(turn, frame);
  const isCommandFirst = command && !yesNo?.clear && (command.exact || command.pattern === 'agent');
  if (isCommandFirst && obey(turn, command)) return;
  if (!yesNo?.clear && correctValue(turn, frame, step, heard)) return;
  const isGiven = !yesNo && noteGiven(turn, heard, undefined).length > 0;
  if (!yesNo && guarded.length === 0 && saysYesOtherwise(turn, step, heard)) {
    turn.state.waiting = null;
    turn.state.slots[step.confirm] = 'yes';
    proceed(turn, turn.state.stack, step.yes);
    return;
  }
  if (isGiven) {
    // "Is it about the same order?" - "W4410273": another one is given, so it is not.
    turn.state.waiting = null;
    proceed(turn, turn.state.stack, step.no);
    return;
  }
  if (!yesNo || heard.queued) {
    otherwise(turn, said);
    return;
  }
  if (yesNo.answer === 'yes' && !yesNo.clear && guarded.length > 0) {
    // "Yes, but ..." is no agreement to a change.
    stumble(turn, 'noMatch');
    return;
  }
  turn.state.waiting = null;
  noteGiven(turn, heard, undefined);
  turn.state.slots[step.confirm] = yesNo.answer;
  if (yesNo.answer === 'yes') {
    for (const [name, change] of guarded) {
      const digest = frame.progress.readOut[name];
      if (digest === undefined) continue;
      frame.agreed[name] = digest;
      turn.note('change-agreed', {
        operation: change.change,
        input: turn.evaluateAll(change.input),
        readBack: turn.state.lastSaid.map(writtenText).join(' '),
        answer: heard.text,
      });
    }
  }
  proceed(turn, turn.state.stack, yesNo.answer === 'yes' ? step.yes : step.no);
}

/** "Am I speaking with Emma?" - "Emma Carter": what the step takes for a yes. Spelled digits count as written ones. */
function saysYesOtherwise(turn: Turn, step: StepOf<'confirm'>, heard: Heard): boolean {
  if (step.yesIf === undefined || heard.queued) return false;
  const { text: spelled } = spelledToCharacters(heard.text, turn.state.language);
  return turn.evaluate(step.yesIf, { value: `${heard.text} ${spelled}` }) === true;
}

// What the caller wants

function answerRoute(turn: Turn, frame: Frame, step: StepOf<'route'>, said: Said): void {
  const { heard, command, wanted } = said;
  const { state, pack } = turn;
  const yesNo = heard.byKeys ? undefined : captureYesNo(heard.text, state.language);
  if (heard.byKeys && heard.text.length === 1) {
    routeTo(turn, pack.routing.keys[heard.text], said);
    return;
  }
  const wantedFlow =
    wanted && ('flow' in wanted.route || 'answer' in wanted.route) ? wanted.intent : undefined;
  state.given = {};
  // An order number that is keyed before anybody asked for it is as good as one that is said.
  noteGiven(turn, { ...heard, byKeys: false }, undefined);
  if (!heard.byKeys && (!yesNo || wantedFlow !== undefined)) keepWish(turn, heard.text);
  if (step.wrong !== undefined && !heard.queued && saysWrong(heard.text, state.language)) {
    state.waiting = null;
    proceed(turn, state.stack, step.wrong);
    return;
  }
  const isNo = yesNo !== undefined && (yesNo.answer === 'no' || yesNo.mixed);
  const isEnd = isNo && (yesNo.clear || wantedFlow === undefined);
  const isThanks = yesNo !== undefined && saysThanks(heard.text, state.language);
  const isFarewell =
    isThanks ||
    command?.pattern === 'deny' ||
    command?.pattern === 'goodbye' ||
    command?.pattern === 'thanks';
  if ((isEnd || isFarewell) && step.no !== undefined && !heard.queued) {
    state.waiting = null;
    proceed(turn, state.stack, step.no);
    return;
  }
  const given = Object.keys(state.given);
  if (yesNo?.clear && yesNo.answer === 'yes' && given.length === 0) {
    // "Yes" to "anything else?": what is it?
    sayQuestionAgain(turn);
    listenAgain(turn);
    return;
  }
  const byEntity = given.map((slot) => pack.routing.entities[slot]).find((intent) => intent !== undefined);
  const isCommand = command !== undefined && command.pattern !== 'out-of-scope';
  routeTo(turn, wantedFlow ?? (isCommand ? undefined : byEntity), said);
}

function routeTo(turn: Turn, intent: string | undefined, said: Said): void {
  const { state } = turn;
  const route = intent === undefined ? undefined : turn.pack.routing.intents[intent];
  if (intent !== undefined && route && 'flow' in route) {
    state.waiting = null;
    startRequest(turn, intent, route, 'next');
  } else if (route && 'answer' in route) {
    state.waiting = null;
    sayAnswer(turn, route.answer);
    state.requestsDone += 1;
    proceed(turn, state.stack, nextOf(turn, state.stack));
  } else if (route && 'pattern' in route) {
    obey(turn, { pattern: route.pattern, exact: true });
  } else {
    otherwise(turn, said);
  }
}
