import type { DialogEvent } from '../core/dialog.ts';
import { repeat, startRequest } from './obeying.ts';
import { announcePlace, askForPerson, newPlace, updatePlace } from './place.ts';
import { finish, giveUp } from './endings.ts';
import { listenInLine } from './questions.ts';
import { dropRequest, enter, interrupt, isInLine, proceed, returnToLine } from './stack.ts';
import { DialogDefect, type Turn } from './turn.ts';

/** What the queue and the people in it do to a conversation. Each leaves it waiting for something, or with a step to go on with. */

type Event<Type extends DialogEvent['type']> = Extract<DialogEvent, { readonly type: Type }>;

/** Takes note of a place; what is new in it is told while nothing else is under way. */
export function takePosition(turn: Turn, { position, waitMs }: Event<'queue-position'>): void {
  const { state } = turn;
  const isFirst = state.waiting?.for === 'transfer';
  if (!state.place && isFirst) {
    const { handover_reason: reason, handover_skill: skill } = state.variables;
    state.place = newPlace(turn.top, {
      skill: typeof skill === 'string' ? skill : 'general',
      reason: typeof reason === 'string' ? reason : 'asked-for-person',
      queue: null,
    });
  }
  const { place } = state;
  if (!place || state.waiting?.for === 'person') return;
  place.position = position;
  place.waitMs = waitMs;
  if (!isInLine(turn)) return;
  if (isFirst) announcePlace(turn, turn.top);
  else updatePlace(turn, turn.top);
}

/** There is no place in the queue. */
export function takeRefusal(turn: Turn, { because, instead, opensAtEpochMs }: Event<'queue-refused'>): void {
  const { state } = turn;
  if (!goBackToHandover(turn)) return;
  state.refused = {
    because,
    instead,
    opensAt: opensAtEpochMs === null ? null : new Date(opensAtEpochMs).toISOString(),
  };
  const step = turn.step(turn.top);
  if (!('handover' in step)) throw new DialogDefect(`Step "${turn.top.step}" asked for no person.`);
  proceed(turn, state.stack, step.refused ?? step.unavailable);
}

/** Takes the end of a transfer: the call has left, or stays with Kefu. */
export function completeTransfer(turn: Turn, ok: boolean, code: string | undefined): void {
  if (!goBackToHandover(turn)) return;
  if (ok) {
    turn.end('transferred');
    return;
  }
  turn.state.problem = code ?? 'transfer_failed';
  const step = turn.step(turn.top);
  if (!('handover' in step)) throw new DialogDefect(`Step "${turn.top.step}" asked for no transfer.`);
  proceed(turn, turn.state.stack, step.unavailable);
}

/** The place in the queue is gone: the step that asked for it goes on. False when nothing was asked for. */
function goBackToHandover(turn: Turn): boolean {
  const { state } = turn;
  if (state.waiting?.for === 'person') return false;
  if (state.waiting?.for !== 'transfer' && !returnToLine(turn)) return false;
  state.place = null;
  state.waiting = null;
  return true;
}

/** A person speaks with the caller from here on: whatever was under way is over. */
export function joinPerson(turn: Turn, { name }: Event<'person-joined'>): void {
  const { state } = turn;
  if (state.waiting?.for === 'person') return;
  returnToLine(turn);
  state.background = [];
  state.queue = [];
  state.heldBack = null;
  state.served = true;
  state.waiting = { for: 'person', name: name.trim() };
  turn.note('person-joined', { name: name.trim() });
  turn.say('person_joined');
}

/** The person has gone. */
export function leavePerson(turn: Turn, event: Event<'person-left'>): void {
  const { state } = turn;
  if (state.waiting?.for !== 'person') return;
  state.waiting = null;
  turn.note('person-left', { next: event.next });
  if (event.next === 'lost' || event.next === 'queue') {
    turn.say(event.next === 'lost' ? 'person_lost' : 'person_next');
    waitAgain(turn, event.next);
    return;
  }
  state.place = null;
  state.stack.splice(1);
  state.intent = null;
  state.requestsDone += 1;
  if (event.next === 'flow') goOnWith(turn, event.flow);
  else if (!interrupt(turn, 'after-person')) giveUp(turn);
}

function waitAgain(turn: Turn, next: 'lost' | 'queue'): void {
  const { place } = turn.state;
  if (!place || !returnToLine(turn)) {
    // Nobody knows where the person came from; the conversation goes on without one.
    turn.effects.push({ type: 'leave-queue' });
    dropRequest(turn);
    return;
  }
  place.position = null;
  place.waitMs = null;
  place.updates = 0;
  place.introduced = true;
  place.offer = 'made';
  // Who was cut off is told that it goes on right away; anything else would be news.
  place.told = next === 'lost' ? { position: 1, minutes: 0 } : null;
  listenInLine(turn, turn.top);
}

/** Goes on with the flow that the person chose; without it, with the question for more. */
function goOnWith(turn: Turn, flow: string): void {
  if (!turn.pack.flows.has(flow)) {
    turn.note('flow-unknown', { flow });
    dropRequest(turn);
    return;
  }
  for (const [intent, route] of Object.entries(turn.pack.routing.intents)) {
    if (!('flow' in route) || route.flow !== flow) continue;
    startRequest(turn, intent, route, 'next');
    return;
  }
  enter(turn, { flow }, { resume: 'next', isRequest: true });
}

/** The call goes on elsewhere, and the place in the queue is asked for again. False when nobody was waited for. */
export function resumeInLine(turn: Turn): boolean {
  const { state } = turn;
  const { waiting, place } = state;
  if (waiting?.for === 'person' && !place) {
    waitAgain(turn, 'lost');
    return true;
  }
  if (waiting?.for === 'transfer' && !place) {
    // The step asks once more.
    state.waiting = null;
    return true;
  }
  if (waiting?.for === 'voicemail') {
    state.waiting = null;
    return true;
  }
  if (!place) return false;
  askForPerson(turn, place.request);
  if (waiting?.for === 'answer' && !isInLine(turn)) {
    repeat(turn);
  } else if (waiting?.for === 'task') {
    turn.effects.push(waiting.task);
  } else {
    returnToLine(turn);
    place.told = null;
    state.waiting = { for: 'transfer' };
  }
  return true;
}

/** The caller has left a message, or nothing could be recorded. */
export function completeVoicemail(turn: Turn, { ok, durationMs }: Event<'voicemail-finished'>): void {
  const { state } = turn;
  if (state.waiting?.for !== 'voicemail') return;
  state.waiting = null;
  const frame = turn.top;
  const step = turn.step(frame);
  if (!('voicemail' in step)) throw new DialogDefect(`Step "${frame.step}" records no message.`);
  turn.note('voicemail-finished', { ok, durationMs });
  if (ok) finish(turn, frame, step);
  else proceed(turn, state.stack, step.failed);
}

/** How a call ends whose caller hangs up now. */
export function outcomeOfHangUp({ state }: Turn): string {
  if (state.served) return 'transferred';
  // People leave their message and hang up.
  if (state.waiting?.for === 'voicemail') return 'callback';
  return state.requestsDone > 0 && state.stack.length === 1 ? 'resolved' : 'abandoned';
}
