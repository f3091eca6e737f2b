import { stumble } from './asking.ts';
import { giveUp } from './endings.ts';
import { repeat } from './obeying.ts';
import { listenAgain, sayQuestionAgain } from './questions.ts';
import type { LadderKind } from './schema.ts';
import { listensLike } from './slots.ts';
import { interrupt, isInLine } from './stack.ts';
import type { Turn } from './turn.ts';

/** What becomes of a conversation when nothing is heard, or cannot be recognised or spoken. */

/** Nothing that could be used was heard. For whoever waits for a person that is as it should be. */
export function hearNothing(turn: Turn, kind: LadderKind): void {
  if (isInLine(turn)) listenAgain(turn);
  else stumble(turn, kind);
}

/** Speech cannot be recognised: keys where the question can be answered by them, a person where it cannot. */
export function loseRecognition(turn: Turn): void {
  const { state } = turn;
  if (state.call.channel === 'text' || state.waiting?.for === 'person') return;
  const wasKeysOnly = state.keysOnly;
  state.keysOnly = true;
  if (state.waiting?.for !== 'answer') return;
  if (isInLine(turn)) {
    listenAgain(turn);
    return;
  }
  if (canBeKeyed(turn)) {
    if (!wasKeysOnly) turn.say('asr_failed_keys');
    sayQuestionAgain(turn);
    listenAgain(turn);
    return;
  }
  state.waiting = null;
  if (!interrupt(turn, 'asr-failed')) giveUp(turn);
}

function canBeKeyed(turn: Turn): boolean {
  const step = turn.step(turn.top);
  if (!('ask' in step) || turn.top.progress.readBack || turn.top.progress.chunk) return true;
  return turn.pack.slots.get(listensLike(step))?.byKeys !== undefined;
}

/** What was said was not heard: once it is said again, then a person is called, then there is nothing left to do. */
export function loseSpeech(turn: Turn): void {
  const { state } = turn;
  if (state.waiting?.for === 'person') return;
  if (isInLine(turn)) {
    // A person who is on the way makes up for it.
    if (state.waiting?.for === 'answer') listenAgain(turn);
    return;
  }
  state.ttsFailures += 1;
  if (state.waiting?.for === 'transfer' || (state.waiting?.for === 'task' && state.ttsFailures < 3)) return;
  if (state.ttsFailures === 1 && state.waiting?.for === 'answer') {
    repeat(turn);
    return;
  }
  state.waiting = null;
  const isWaiting = state.place !== null;
  if ((state.ttsFailures > 2 && !isWaiting) || !interrupt(turn, 'tts-failed')) {
    turn.note('speech-lost', { failures: state.ttsFailures });
    turn.end('failed');
  }
}
