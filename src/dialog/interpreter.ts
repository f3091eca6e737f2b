import type { TaskResult } from '../core/dialog.ts';
import { briefingOf } from './briefing.ts';
import { completeCheck, executeAsk } from './asking.ts';
import { executeChoose } from './choosing.ts';
import { executeHandover, stateForCallingBack } from './place.ts';
import { askToConfirm, askWhatIsWanted } from './questions.ts';
import type { StepOf, StepSource } from './schema.ts';
import { newFrame, type Background, type Frame } from './state.ts';
import { finish, recordDone, sayProblem, tellProblem } from './endings.ts';
import { dropRequest, enter, proceed } from './stack.ts';
import { DialogDefect, type Turn } from './turn.ts';

/** Runs the conversation until it waits for something or ends. */
export function run(turn: Turn): void {
  const { state } = turn;
  while (!state.ended && state.waiting === null) {
    const frame = state.stack.at(-1);
    if (!frame) {
      turn.end('resolved');
      return;
    }
    if (state.call.atDesk && leadsToPeople(turn, frame)) {
      turn.end('needs-person');
      return;
    }
    countStep(turn, frame);
    turn.questionFrom = { effects: turn.effects.length, said: turn.saidNow.length };
    execute(turn, frame, turn.step(frame));
  }
}

/** At the desk there is a person already: nobody is offered one. */
function leadsToPeople({ pack: { settings, escalation } }: Turn, { flow }: Frame): boolean {
  const { patterns } = settings;
  const toPeople = [patterns.agent, patterns['no-match'], patterns['not-found'], patterns.problem];
  return (
    toPeople.some((call) => call.flow === flow) ||
    Object.values(escalation?.source.flows ?? {}).some((name) => name === flow)
  );
}

function countStep(turn: Turn, frame: Frame): void {
  turn.stepsLeft -= 1;
  if (turn.stepsLeft < 0)
    throw new DialogDefect(`Flow "${frame.flow}" goes in circles at step "${frame.step}".`);
}

/** Carries out one step: it moves the stack, or makes the conversation wait. */
function execute(turn: Turn, frame: Frame, step: StepSource): void {
  const { stack } = turn.state;
  if ('say' in step) {
    for (const name of typeof step.say === 'string' ? [step.say] : step.say)
      turn.say(name, { flow: frame.flow });
    finish(turn, frame, step);
  } else if ('ask' in step) {
    executeAsk(turn, frame, step);
  } else if ('choose' in step) {
    executeChoose(turn, frame, step);
  } else if ('confirm' in step) {
    askToConfirm(turn, frame, step);
  } else if ('route' in step) {
    askWhatIsWanted(turn, frame, step);
  } else if ('lookup' in step || 'change' in step) {
    executeOperation(turn, frame, step);
  } else if ('call' in step) {
    executeCall(turn, step);
  } else if ('handover' in step) {
    executeHandover(turn, frame, step);
  } else if ('callback' in step) {
    executeCallback(turn, frame, step);
  } else if ('voicemail' in step) {
    executeVoicemail(turn, frame, step);
  } else if ('explain' in step) {
    const code = turn.evaluate(step.explain);
    sayProblem(turn, typeof code === 'string' ? code : '');
    proceed(turn, stack, step.next);
  } else if ('drop' in step) {
    dropRequest(turn);
  } else if ('end' in step) {
    turn.end(step.end);
  } else {
    executeSilently(turn, stack, step);
  }
}

/** Steps that neither speak nor wait; the only ones besides look-ups that run in the background. */
function executeSilently(
  turn: Turn,
  stack: Frame[],
  step: StepOf<'branch'> | StepOf<'set'> | StepOf<'note'>,
): void {
  if ('branch' in step) {
    const arm = step.branch.find((each) => !('if' in each) || turn.evaluate(each.if) === true);
    proceed(turn, stack, arm && ('if' in arm ? arm.next : arm.otherwise));
  } else if ('set' in step) {
    turn.assign(step.set);
    if (step.done !== undefined) recordDone(turn, step.done, stack.at(-1)?.flow ?? '');
    proceed(turn, stack, step.next);
  } else {
    turn.note(step.note, turn.evaluateAll(step.data));
    proceed(turn, stack, step.next);
  }
}

// The shop

function executeOperation(turn: Turn, frame: Frame, step: StepOf<'lookup'> | StepOf<'change'>): void {
  const input = turn.evaluateAll(step.input);
  const isWrite = 'change' in step;
  const name = isWrite ? step.change : step.lookup;
  const agreedDigest = frame.agreed[frame.step];
  // A yes is good for one change: asking again needs another.
  if (isWrite) Reflect.deleteProperty(frame.agreed, frame.step);
  const requested = turn.request(name, input, isWrite ? { agreedDigest } : undefined);
  if ('result' in requested) completeOperation(turn, frame, step, requested.result);
  else turn.waitFor(requested.task, isWrite);
}

/** Takes the answer to the task that the conversation waits for. */
export function completeTask(turn: Turn, result: TaskResult): void {
  turn.state.waiting = null;
  const frame = turn.top;
  const step = turn.step(frame);
  if ('ask' in step) completeCheck(turn, frame, step, result);
  else if ('lookup' in step || 'change' in step) completeOperation(turn, frame, step, result);
  else throw new DialogDefect(`Step "${frame.step}" of "${frame.flow}" asked for no task.`);
}

function completeOperation(
  turn: Turn,
  frame: Frame,
  step: StepOf<'lookup'> | StepOf<'change'>,
  result: TaskResult,
): void {
  if ('change' in step) {
    const outcome = { operation: step.change, ok: result.ok, code: result.ok ? null : result.code };
    turn.note('change-finished', outcome);
  }
  if (result.ok) {
    turn.assign(step.save, { result: result.value });
    finish(turn, frame, step);
    return;
  }
  turn.state.problem = result.code;
  const target = step.problems?.[result.code] ?? step.problems?.otherwise;
  if (target !== undefined) proceed(turn, turn.state.stack, target);
  else tellProblem(turn, result.code);
}

// Other flows and people

function executeCall(turn: Turn, step: StepOf<'call'>): void {
  const call = { flow: step.call, with: step.with };
  if (step.background !== true) {
    enter(turn, call, { resume: 'next' });
    return;
  }
  turn.assign(call.with);
  const [first = 'done'] = turn.flow(step.call).stepNames;
  const frame = newFrame(step.call, first, { resume: 'next', isRequest: false, intentBefore: null });
  const background: Background = { stack: [frame], taskId: '' };
  turn.state.background.push(background);
  runBackground(turn, background);
  proceed(turn, turn.state.stack, step.next);
}

/** Runs look-ups beside the conversation until the next answer of the shop is needed. */
export function runBackground(turn: Turn, background: Background, result?: TaskResult): void {
  let answer = result;
  for (;;) {
    const frame = background.stack.at(-1);
    if (!frame) {
      turn.state.background = turn.state.background.filter((each) => each !== background);
      return;
    }
    countStep(turn, frame);
    const step = turn.step(frame);
    if ('lookup' in step) {
      if (!answer) {
        const requested = turn.request(step.lookup, turn.evaluateAll(step.input));
        if ('task' in requested) {
          background.taskId = requested.task.taskId;
          return;
        }
        answer = requested.result;
      }
      if (answer.ok) turn.assign(step.save, { result: answer.value });
      const target = answer.ok
        ? step.next
        : (step.problems?.[answer.code] ?? step.problems?.otherwise ?? 'done');
      answer = undefined;
      proceed(turn, background.stack, target);
    } else if ('branch' in step || 'set' in step || 'note' in step) {
      executeSilently(turn, background.stack, step);
    } else {
      throw new DialogDefect(`Flow "${frame.flow}" cannot run in the background: step "${frame.step}".`);
    }
  }
}

/** Promises a call back. It is told to whoever calls back along with everything else, so it is noted first. */
function executeCallback(turn: Turn, frame: Frame, step: StepOf<'callback'>): void {
  const { number, reason } = turn.evaluateAll(step.callback);
  if (step.done !== undefined) recordDone(turn, step.done, frame.flow);
  if (turn.state.call.hasPeople && typeof number === 'string') {
    const resume = stateForCallingBack(turn, frame);
    // The place stays in the queue, and waits for a call instead of the caller.
    turn.state.place = null;
    turn.effects.push({
      type: 'callback',
      number,
      briefing: briefingOf(turn, textOr(reason, 'asked-for-person')),
      ...(resume && { resume }),
    });
  }
  proceed(turn, turn.state.stack, step.next);
}

function executeVoicemail(turn: Turn, frame: Frame, step: StepOf<'voicemail'>): void {
  const { limitSeconds, reason } = step.voicemail;
  turn.note('dialog', { flow: frame.flow, step: frame.step });
  turn.effects.push({
    type: 'voicemail',
    limitMs: limitSeconds * 1000,
    briefing: briefingOf(turn, textOr(turn.evaluate(reason), 'asked-for-person')),
  });
  turn.state.waiting = { for: 'voicemail' };
}

function textOr(value: unknown, other: string): string {
  return typeof value === 'string' ? value : other;
}
