import { asksToWait, saysThanks } from './capture/remarks.ts';
import {
  asksAboutPlace,
  asksForCallback,
  asksForSilence,
  besidesLeaving,
  isRemark,
  isSentence,
  leavesLine,
  saysCannotWait,
} from './capture/waiting-words.ts';
import { noteGiven, yesNoOf } from './answer-values.ts';
import { isTense } from './emotion.ts';
import { keepWish, obey, sayAnswer, startRequest, type Said } from './obeying.ts';
import { noteTold, offersCallback, sayStillInLine } from './place.ts';
import { listenInLine } from './questions.ts';
import type { StepOf } from './schema.ts';
import type { Frame, Heard, Place } from './state.ts';
import { dropRequest, proceed } from './stack.ts';
import type { Turn } from './turn.ts';

/** Sentences at most that Kefu says it did not get: more are likely not meant for it. */
const maxMissed = 2;

/** Takes what a caller says who waits for a person. Nothing said here counts as a failed answer, and most of it costs no place. */
export function answerInLine(turn: Turn, frame: Frame, step: StepOf<'handover'>, said: Said): void {
  const { place } = turn.state;
  if (!place) return;
  const isSoothed = soothe(turn, place, said.heard);
  if (
    takesOffer(turn, frame, step, place, said) ||
    leaves(turn, said) ||
    isCommand(turn, frame, said) ||
    takesUp(turn, frame, said)
  )
    return;
  const { heard, isOtherLanguage } = said;
  const { language } = turn.state;
  if (isOtherLanguage || isSoothed) {
    sayStillInLine(turn, frame);
    return;
  }
  const isMeant = !heard.byKeys && isSentence(heard.text, language) && !asksToWait(heard.text, language);
  if (isMeant && !isRemark(heard.text, language) && place.missed < maxMissed) {
    place.missed += 1;
    turn.say('queue_missed');
  }
  listenInLine(turn, frame);
}

/** Anger about the waiting is answered once. */
function soothe(turn: Turn, place: Place, { byKeys }: Heard): boolean {
  if (byKeys || place.soothed || !isTense(turn.state.mood)) return false;
  place.soothed = true;
  turn.say('queue_sorry');
  return true;
}

/** The callback that was offered or is asked for, and questions about the waiting. */
function takesOffer(turn: Turn, frame: Frame, step: StepOf<'handover'>, place: Place, said: Said): boolean {
  const { heard, command } = said;
  const { state } = turn;
  const { language } = state;
  const text = heard.byKeys ? '' : heard.text;
  const isOpen = place.offer === 'open';
  const yesNo = isOpen ? yesNoOf(turn, heard, command) : undefined;
  if (isOpen) place.offer = 'made';
  const isYes = yesNo?.answer === 'yes' && (yesNo.clear || !isRequest(turn, said));
  if (step.rather !== undefined && (isYes || asksForCallback(text, language))) {
    state.waiting = null;
    proceed(turn, state.stack, step.rather);
    return true;
  }
  if (yesNo?.answer === 'no' && (yesNo.clear || yesNo.mixed)) {
    turn.say('queue_keep');
    listenInLine(turn, frame);
    return true;
  }
  if (asksAboutPlace(text, language)) {
    turn.say('queue_place');
    noteTold(turn);
    listenInLine(turn, frame);
    return true;
  }
  if (offersCallback(turn, frame) && saysCannotWait(text, language)) {
    place.offer = 'open';
    turn.say('queue_offer');
    listenInLine(turn, frame);
    return true;
  }
  return false;
}

/** The caller wants no person any more, and perhaps something else instead. */
function leaves(turn: Turn, said: Said): boolean {
  const { heard, command } = said;
  const { state, pack } = turn;
  const { language } = state;
  const isStop = command?.pattern === 'stop' && isSure(turn, said) && !asksForSilence(heard.text, language);
  if (heard.byKeys || !(isStop || leavesLine(heard.text, language))) return false;
  const wish = besidesLeaving(heard.text, language);
  const intents = heard.intents.filter(({ intent }) => {
    const route = pack.routing.intents[intent];
    return route !== undefined && ('flow' in route || 'answer' in route);
  });
  state.waiting = null;
  turn.leaveQueue();
  turn.say('queue_left');
  dropRequest(turn);
  state.heldBack =
    intents.length === 0 || wish === ''
      ? null
      : {
          heard: { ...heard, text: wish, intents, queued: true, considered: true },
          depth: state.stack.length,
        };
  return true;
}

function isCommand(turn: Turn, frame: Frame, said: Said): boolean {
  const { heard, command } = said;
  const { language } = turn.state;
  switch (command?.pattern) {
    case 'stop':
      // "Be quiet": that is easily done.
      listenInLine(turn, frame);
      return true;
    case 'thanks':
      turn.say('queue_welcome');
      listenInLine(turn, frame);
      return true;
    case 'goodbye':
      // "Thanks, I'll wait" is no goodbye, and what may be none costs nobody the place.
      if (!isRemark(heard.text, language)) return isSure(turn, said) && obey(turn, command);
      if (saysThanks(heard.text, language)) turn.say('queue_welcome');
      listenInLine(turn, frame);
      return true;
    case 'agent':
    case 'greeting':
      sayStillInLine(turn, frame);
      return true;
    default:
      return obey(turn, command);
  }
}

/** What is said in line may be meant for somebody else: it must be clear to count. */
function isSure(turn: Turn, { wanted }: Said): boolean {
  return wanted !== undefined && wanted.score >= turn.pack.settings.digressAbove;
}

function isRequest(turn: Turn, said: Said): boolean {
  return isSure(turn, said) && said.wanted !== undefined && !('pattern' in said.wanted.route);
}

/** Another request or question is answered, and the place kept. */
function takesUp(turn: Turn, frame: Frame, said: Said): boolean {
  const { heard, wanted } = said;
  const { state, pack } = turn;
  if (heard.byKeys) return false;
  const isWanted = isRequest(turn, said);
  if (isWanted && wanted && 'answer' in wanted.route) {
    sayAnswer(turn, wanted.route.answer);
    sayStillInLine(turn, frame);
    return true;
  }
  state.given = {};
  const given = noteGiven(turn, heard, undefined);
  const byValue = given.map((slot) => pack.routing.entities[slot]).find((intent) => intent !== undefined);
  const intent = isWanted ? wanted?.intent : byValue;
  const route = intent === undefined ? undefined : pack.routing.intents[intent];
  if (intent === undefined || !route || !('flow' in route)) {
    state.given = {};
    return false;
  }
  state.waiting = null;
  keepWish(turn, heard.text);
  startRequest(turn, intent, route, 'ask');
  return true;
}
