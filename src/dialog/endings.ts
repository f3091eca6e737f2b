import type { Frame } from './state.ts';
import { interrupt, proceed } from './stack.ts';
import type { Turn } from './turn.ts';

/** How a step comes to its end, well or badly. */

/** Notes what was done, for people, and goes on. */
export function finish(
  turn: Turn,
  frame: Frame,
  step: { readonly done?: string | undefined; readonly next?: string | undefined },
): void {
  if (step.done !== undefined) recordDone(turn, step.done, frame.flow);
  proceed(turn, turn.state.stack, step.next);
}

/** Adds a sentence to what is told to the person who takes the call over. */
export function recordDone(turn: Turn, prompt: string, flow: string): void {
  const text = turn.textOf(prompt, flow);
  if (text !== '') turn.state.done.push(text);
}

/** Tells the caller what is wrong and goes to the pattern for it, which offers a person. */
export function tellProblem(turn: Turn, code: string): void {
  sayProblem(turn, code);
  if (!interrupt(turn, 'problem')) giveUp(turn);
}

/** Says the sentence for a code of the shop. */
export function sayProblem(turn: Turn, code: string): void {
  turn.state.problem = code;
  const name = `problem_${code}`;
  turn.say(turn.pack.prompts.has(name) ? name : 'problem_otherwise');
}

/** The last resort when even the pattern that should help cannot go on. */
export function giveUp(turn: Turn): void {
  turn.say('give_up');
  turn.end('failed');
}
