import { asksToWait } from './capture/remarks.ts';
import { stumble } from './asking.ts';
import type { Command, Wanted } from './commands.ts';
import { listenAgain, sayQuestionAgain } from './questions.ts';
import type { Frame, Heard } from './state.ts';
import { enter, interrupt } from './stack.ts';
import type { Turn } from './turn.ts';

/** How long a caller who asks for a moment may be silent. */
const patienceMs = 20_000;

/** What callers may say at any question: commands, and wishes of another kind. */

/** An answer with what was understood of it. */
export interface Said {
  readonly heard: Heard;
  readonly wanted: Wanted | undefined;
  readonly command: Command | undefined;
  /** The caller has gone over to another language with these words. */
  readonly isOtherLanguage: boolean;
}

/** Carries out what a sentence commands. Returns false when it commands nothing here. */
export function obey(turn: Turn, command: Command | undefined): boolean {
  if (!command) return false;
  switch (command.pattern) {
    case 'affirm':
    case 'deny':
    case 'out-of-scope':
      return false;
    case 'repeat':
      repeat(turn);
      return true;
    case 'slower':
      speakSlower(turn);
      return true;
    case 'louder':
      // The level is that of the line; what helps is to hear it again, and to answer by keys.
      sayAside(turn, 'not_louder');
      repeat(turn);
      return true;
    default:
      turn.state.waiting = null;
      if (!interrupt(turn, command.pattern)) stumble(turn, 'noMatch');
      return true;
  }
}

/** The slowest pace, and how much slower each wish makes it. */
const slowestPace = 0.7;
const paceStep = 0.15;

function speakSlower(turn: Turn): void {
  const { state } = turn;
  state.pace = Math.max(slowestPace, Math.round((state.pace - paceStep) * 100) / 100);
  sayAside(turn, 'slower_now');
  repeat(turn);
}

/** Says something that is not part of what would be repeated. */
function sayAside(turn: Turn, prompt: string): void {
  turn.say(prompt);
  turn.saidNow.length = 0;
}

/** Says everything since the caller's last turn again. */
export function repeat(turn: Turn): void {
  const { lastSaid, language } = turn.state;
  const isSameLanguage = lastSaid.every((utterance) => utterance.language === language);
  if (lastSaid.length > 0 && isSameLanguage) {
    for (const utterance of lastSaid) turn.sayUtterance(utterance);
  } else {
    sayQuestionAgain(turn);
  }
  listenAgain(turn);
}

/** What cannot be used: a request of another kind is taken up and comes back here, everything else is a failed try. */
export function otherwise(turn: Turn, { heard, wanted, command, isOtherLanguage }: Said): void {
  if (obey(turn, command)) return;
  if (!heard.queued && asksToWait(heard.text, turn.state.language)) {
    turn.say('take_your_time');
    turn.saidNow.length = 0;
    turn.patienceMs = patienceMs;
    listenAgain(turn);
    return;
  }
  if (wanted && wanted.score >= turn.pack.settings.digressAbove && digress(turn, wanted, heard)) return;
  if (!heard.queued) {
    stumble(turn, 'noMatch');
  } else if (isOtherLanguage) {
    // Said before the question was asked, so no failed answer to it; but the question is now in the wrong language.
    sayQuestionAgain(turn);
    listenAgain(turn);
  }
}

/** Answers a plain question or takes up another wish, and comes back. Returns false when it is what is under way. */
function digress(turn: Turn, { route, intent }: Wanted, heard: Heard): boolean {
  if ('answer' in route) {
    sayAnswer(turn, route.answer);
    turn.say('back_to');
    sayQuestionAgain(turn);
    listenAgain(turn);
    return true;
  }
  if (!('flow' in route) || turn.state.stack.some((frame) => frame.flow === route.flow)) return false;
  turn.state.waiting = null;
  keepWish(turn, heard.text);
  startRequest(turn, intent, route, 'ask');
  return true;
}

/** Says the answer to a plain question. */
export function sayAnswer(turn: Turn, name: string): void {
  const prompt = turn.pack.answers.get(name);
  const parts = prompt && turn.render(prompt);
  if (prompt && parts) turn.sayParts(prompt, parts);
}

/** Keeps the caller's words for what is wanted: for people who take over, and for questions they answer already. */
export function keepWish(turn: Turn, text: string): void {
  turn.state.wish = text;
  turn.state.heeded = [];
}

/** Starts the flow of an intent, or, where the shop lacks what it needs, says so and offers a person. */
export function startRequest(
  turn: Turn,
  intent: string,
  route: { readonly flow: string; readonly with?: Record<string, string> | undefined },
  resume: Frame['resume'],
): void {
  const before = turn.state.intent;
  const offered = turn.state.variables.capabilities;
  const isLacking =
    Array.isArray(offered) && turn.flow(route.flow).needs.some((need) => !offered.includes(need));
  if (isLacking) turn.note('not-offered', { flow: route.flow, needs: turn.flow(route.flow).needs });
  const call = isLacking ? turn.pack.settings.patterns['not-offered'] : { flow: route.flow };
  enter(turn, call, { resume, isRequest: true });
  turn.top.intentBefore = before;
  if (!turn.state.asked.includes(intent)) turn.state.asked.push(intent);
  turn.state.intent = intent;
  turn.assign(route.with);
}
