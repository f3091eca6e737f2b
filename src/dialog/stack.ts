import type { FlowCall, PatternName } from './schema.ts';
import { newFrame, newProgress, newTries, type CallState, type Frame } from './state.ts';
import type { Turn } from './turn.ts';

/** Moves between steps and flows. Nothing here speaks to the caller. */

/** Moves a frame to a step; its tries and what it had collected begin anew. */
export function goTo(frame: Frame, step: string): void {
  frame.step = step;
  frame.tries = newTries();
  frame.progress = newProgress();
}

/** Goes on after a step: to `target`, to the step below without one, or out of the flow. */
export function proceed(turn: Turn, stack: Frame[], target?: string): void {
  const frame = stack.at(-1);
  if (!frame) return;
  const names = turn.flow(frame.flow).stepNames;
  const step = target ?? names[names.indexOf(frame.step) + 1] ?? 'done';
  if (step === 'done') leave(turn, stack);
  else goTo(frame, step);
}

/** Leaves the flow on top. The one below goes on after its call, or stays at its question, which is then asked again. */
function leave(turn: Turn, stack: Frame[]): void {
  const { state } = turn;
  const left = stack.pop();
  if (!left || stack !== state.stack) {
    if (left && stack.length > 0) proceed(turn, stack, nextOf(turn, stack));
    return;
  }
  const below = stack.at(-1);
  if (left.isRequest) {
    state.requestsDone += 1;
    state.intent = left.intentBefore;
  }
  if (!below) return;
  if (left.resume === 'next') {
    proceed(turn, stack, nextOf(turn, stack));
  } else if (left.isRequest && !isInLine(turn)) {
    turn.say('back_to');
  }
}

/** Where the frame on top goes on when what it called is done. */
export function nextOf(turn: Turn, stack: readonly Frame[]): string | undefined {
  const frame = stack.at(-1);
  const step = frame && turn.step(frame);
  return step && 'next' in step ? step.next : undefined;
}

/** Puts a flow on top of the conversation. Too many inside each other: the request under way is dropped instead. */
export function enter(
  turn: Turn,
  call: FlowCall,
  how: { readonly resume: Frame['resume']; readonly isRequest?: boolean },
): void {
  const { state } = turn;
  turn.assign(call.with);
  if (state.stack.length >= (turn.options.limits?.depth ?? 12)) {
    turn.note('flows-too-deep', { flow: call.flow });
    dropRequest(turn);
    return;
  }
  const [first = 'done'] = turn.flow(call.flow).stepNames;
  const frame = newFrame(call.flow, first, {
    resume: how.resume,
    isRequest: how.isRequest ?? false,
    intentBefore: state.intent,
  });
  const below = state.stack.at(-1);
  // A look-up that is interrupted is made again when its question comes back.
  if (below) below.progress.check = null;
  state.stack.push(frame);
}

/** Where in the stack the flow is that waits for a person; -1 when none does. */
function holderOf({ place, stack }: CallState): number {
  return place ? stack.findIndex(({ flow }) => flow === place.flow) : -1;
}

/** True when the conversation is where it waits for a person, with nothing else under way. */
export function isInLine({ state }: Turn): boolean {
  const { place, stack } = state;
  return place !== null && holderOf(state) === stack.length - 1 && stack.at(-1)?.step === place.step;
}

/** Leaves what was taken up while a person is waited for. Returns false when none is. */
export function returnToLine(turn: Turn): boolean {
  const { state } = turn;
  const { place, stack } = state;
  const index = holderOf(state);
  const holder = stack[index];
  if (!place || !holder) return false;
  const [left] = stack.splice(index + 1);
  if (left) state.intent = left.intentBefore;
  state.waiting = null;
  state.given = {};
  goTo(holder, place.step);
  return true;
}

/** Gives up a place in the queue that the conversation has left for good. */
export function settlePlace(turn: Turn): void {
  if (holderOf(turn.state) < 0) turn.leaveQueue();
}

/**
 * Drops everything above the flow that the call began with, which goes on as if the request were done; what was taken up while a person
 * is waited for is dropped alone.
 */
export function dropRequest(turn: Turn): void {
  const { state } = turn;
  if (state.call.atDesk) {
    turn.end('dropped');
    return;
  }
  if (holderOf(state) >= 0 && holderOf(state) < state.stack.length - 1) {
    returnToLine(turn);
    return;
  }
  state.stack.splice(1);
  settlePlace(turn);
  state.intent = null;
  state.given = {};
  proceed(turn, state.stack, nextOf(turn, state.stack));
}

/** The flow or step that answers a pattern here: of the flow on top, of those below it, or of the settings. */
export function patternTarget(
  turn: Turn,
  name: PatternName,
): { readonly depth: number; readonly use: FlowCall | { readonly step: string } } {
  const { stack } = turn.state;
  for (let depth = stack.length - 1; depth >= 0; depth -= 1) {
    const use = turn.flow(stack[depth]?.flow ?? '').patterns[name];
    if (use) return { depth, use };
  }
  return { depth: stack.length - 1, use: turn.pack.settings.patterns[name] };
}

/** Who waits for a person already is neither offered one, nor given up for being silent. */
const leadsToPerson: ReadonlySet<PatternName> = new Set([
  'agent',
  'no-match',
  'no-input',
  'not-found',
  'asr-failed',
  'tts-failed',
  'problem',
]);

/**
 * Interrupts the conversation with a pattern. Returns false when its flow is under way already, so that it cannot be
 * started inside itself.
 */
export function interrupt(turn: Turn, name: PatternName): boolean {
  const { stack } = turn.state;
  if (leadsToPerson.has(name) && returnToLine(turn)) return true;
  const { depth, use } = patternTarget(turn, name);
  if ('step' in use) {
    stack.splice(depth + 1);
    const frame = stack.at(-1);
    if (frame) goTo(frame, use.step);
    return true;
  }
  if (stack.some((frame) => frame.flow === use.flow)) return false;
  enter(turn, use, { resume: 'ask' });
  return true;
}
