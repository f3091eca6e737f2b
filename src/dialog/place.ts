import type { DialogState } from '../core/dialog.ts';
import { briefingOf } from './briefing.ts';
import { amountOf } from './escalating.ts';
import { roundedMinutes } from './formatters.ts';
import { listenInLine } from './questions.ts';
import type { StepOf } from './schema.ts';
import type { Frame, Place } from './state.ts';
import { goTo, isInLine, proceed, returnToLine, settlePlace } from './stack.ts';
import type { Turn } from './turn.ts';

/** The place in the queue for people: asking for one, and telling the caller about it. */

/** Updates that make a minute at least, since one comes every twenty seconds at most. */
const updatesPerMinute = 3;

/** Asks for a person; or, where one is waited for already, goes back to the waiting. */
export function executeHandover(turn: Turn, frame: Frame, step: StepOf<'handover'>): void {
  const { state } = turn;
  settlePlace(turn);
  if (state.place) {
    if (isInLine(turn)) sayStillInLine(turn, frame);
    else returnToLine(turn);
    return;
  }
  if (!turn.canTransfer) {
    if (step.unavailable === 'done') proceed(turn, state.stack, 'done');
    else goTo(frame, step.unavailable);
    return;
  }
  const { skill, reason, queue } = turn.evaluateAll({
    skill: step.handover.skill,
    reason: step.handover.reason,
    ...(step.handover.queue !== undefined && { queue: step.handover.queue }),
  });
  const place = newPlace(frame, {
    skill: typeof skill === 'string' ? skill : 'general',
    reason: typeof reason === 'string' ? reason : 'asked-for-person',
    queue: typeof queue === 'string' ? queue : null,
  });
  turn.note('dialog', { flow: frame.flow, step: frame.step });
  askForPerson(turn, place.request);
  if (state.call.hasPeople) state.place = place;
  state.waiting = { for: 'transfer' };
}

export function newPlace({ flow, step }: Pick<Frame, 'flow' | 'step'>, request: Place['request']): Place {
  return {
    flow,
    step,
    request,
    position: null,
    waitMs: null,
    told: null,
    updates: 0,
    introduced: false,
    offer: 'none',
    soothed: false,
    missed: 0,
  };
}

export function askForPerson(turn: Turn, { skill, reason, queue }: Place['request']): void {
  const { emotion, variables } = turn.state;
  turn.effects.push({
    type: 'transfer',
    skill,
    target: turn.options.transferTarget ?? '',
    briefing: briefingOf(turn, reason),
    ...(queue !== null && { queue }),
    anger: emotion.emotion?.score ?? 0,
    value: Math.round(amountOf(variables) * 100) / 100,
  });
}

/** After something else: the caller still waits. */
export function sayStillInLine(turn: Turn, frame: Frame): void {
  turn.say('queue_back');
  noteTold(turn);
  listenInLine(turn, frame);
}

/** Tells the place for the first time, and what the caller can do meanwhile. */
export function announcePlace(turn: Turn, frame: Frame): void {
  const { place, call } = turn.state;
  if (!place) return;
  turn.say('queue_place');
  noteTold(turn);
  const limitMs = turn.pack.settings.offerCallbackAfterSeconds * 1000;
  const isLong = place.waitMs === null || place.waitMs > limitMs;
  if (isLong && place.offer === 'none' && offersCallback(turn, frame)) {
    place.offer = 'open';
    turn.say('queue_offer');
  } else if (!place.introduced) {
    turn.say('queue_listening');
  }
  place.introduced = true;
  turn.note('queue-place', { position: place.position, waitMs: place.waitMs, channel: call.channel });
  listenInLine(turn, frame);
}

export function offersCallback(turn: Turn, frame: Frame): boolean {
  const step = turn.step(frame);
  return 'handover' in step && step.rather !== undefined;
}

/** Tells a new place when it is a better one, or when the caller has heard nothing for a minute. */
export function updatePlace(turn: Turn, frame: Frame): void {
  const { place } = turn.state;
  const position = place?.position ?? null;
  if (!place || position === null) return;
  if (place.told === null) {
    announcePlace(turn, frame);
    return;
  }
  place.updates += 1;
  if (!isBetter(place, place.told) && place.updates < updatesPerMinute) return;
  turn.say('queue_update');
  noteTold(turn);
  listenInLine(turn, frame);
}

function isBetter({ position, waitMs }: Place, told: NonNullable<Place['told']>): boolean {
  if (position === null || position > told.position) return false;
  const minutes = roundedMinutes(waitMs);
  return position < told.position || (minutes !== null && (told.minutes === null || minutes < told.minutes));
}

export function noteTold({ state: { place } }: Turn): void {
  const position = place?.position ?? null;
  if (!place || position === null) return;
  place.told = { position, minutes: roundedMinutes(place.waitMs) };
  place.updates = 0;
}

/**
 * The state from which the conversation goes on when the caller is called back: waiting for a person as before. Undefined in a flow
 * that never asks for one.
 */
export function stateForCallingBack({ state, pack }: Turn, { flow }: Frame): DialogState | undefined {
  const steps = pack.flows.get(flow)?.steps ?? [];
  const step = [...steps].find(([, each]) => 'handover' in each)?.[0];
  if (step === undefined) return undefined;
  const resumed = structuredClone(state);
  const top = resumed.stack.at(-1);
  if (!top) return undefined;
  goTo(top, step);
  const { handover_skill: skill, handover_reason: reason } = resumed.variables;
  resumed.place = newPlace(top, {
    skill: typeof skill === 'string' ? skill : 'general',
    reason: typeof reason === 'string' ? reason : 'asked-for-person',
    queue: null,
  });
  resumed.waiting = { for: 'transfer' };
  resumed.refused = null;
  resumed.queue = [];
  return resumed as unknown as DialogState;
}
