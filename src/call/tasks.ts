import type { Clock } from '../core/clock.ts';
import { shopOperations, ShopProblem, type CommerceBackend, type ShopOperation } from '../core/commerce.ts';
import type { DialogEffect, DialogEvent, TaskResult } from '../core/dialog.ts';
import { toKefuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { CallRecorder } from './recorder.ts';

export type TaskEffect = Extract<DialogEffect, { type: 'task' }>;
type TaskEvent = Extract<DialogEvent, { type: 'task-slow' | 'task-finished' }>;

const isShopOperation = (name: string): name is ShopOperation => name in shopOperations;

/** Does the operation change anything at the shop? */
export function isWrite(operation: string): boolean {
  return isShopOperation(operation) && shopOperations[operation].write;
}

/** Carries one task out; never throws: every failure is a result with a code that a flow can answer. */
export async function performTask(
  shop: CommerceBackend,
  task: Pick<TaskEffect, 'operation' | 'input' | 'idempotencyKey'>,
  signal: AbortSignal,
): Promise<TaskResult> {
  if (!isShopOperation(task.operation)) {
    return { ok: false, code: 'internal', detail: `No operation ${task.operation}` };
  }
  const input = shopOperations[task.operation].input.safeParse(task.input);
  if (!input.success) return { ok: false, code: 'invalid_request', detail: input.error.message };
  try {
    const options = {
      signal,
      ...(task.idempotencyKey !== undefined && { idempotencyKey: task.idempotencyKey }),
    };
    const value: unknown = await shop.call(task.operation, input.data, options);
    return { ok: true, value: value as Extract<TaskResult, { ok: true }>['value'] };
  } catch (error) {
    if (error instanceof ShopProblem) {
      return { ok: false, code: error.code, ...(error.detail !== undefined && { detail: error.detail }) };
    }
    const known = toKefuError(error, 'shop_unavailable');
    return { ok: false, code: known.code, detail: known.message };
  }
}

export interface TaskRunner {
  /** Starts a task; its events arrive at `deliver`. */
  start(task: TaskEffect): void;
  /** Stops the reads under way; writes go on to their end, since the caller agreed to them. Settles when all have ended. */
  close(): Promise<void>;
}

/** Runs a call's tasks, with a `task-slow` event after each further `slowAfterMs`. */
export function createTaskRunner(parts: {
  readonly shop: CommerceBackend;
  readonly clock: Clock;
  readonly log: Logger;
  readonly recorder: CallRecorder;
  readonly deliver: (event: TaskEvent) => void;
  /** Told first, also after the call's end. */
  readonly onFinished?: (task: TaskEffect, result: TaskResult) => void;
}): TaskRunner {
  const { shop, clock, log, recorder, deliver, onFinished } = parts;
  const running = new Set<Promise<void>>();
  const reads = new AbortController();
  const never = new AbortController();

  async function run(task: TaskEffect): Promise<void> {
    const write = isWrite(task.operation);
    const { taskId, operation } = task;
    recorder.record({ type: 'task-started', taskId, operation, write });
    const startedMs = clock.nowMs();
    let cancelSlow: () => void = () => undefined;
    const armSlow = () => {
      cancelSlow = clock.setTimer(() => {
        deliver({ type: 'task-slow', taskId });
        armSlow();
      }, task.slowAfterMs);
    };
    armSlow();
    const result = await performTask(shop, task, write ? never.signal : reads.signal);
    cancelSlow();
    const code = result.ok ? null : result.code;
    const tookMs = Math.round(clock.nowMs() - startedMs);
    recorder.record({ type: 'task-finished', taskId, operation, ok: result.ok, code, tookMs });
    if (!result.ok)
      log.info({ operation, code, pii: { detail: result.detail } }, 'the shop refused or failed');
    onFinished?.(task, result);
    deliver({ type: 'task-finished', taskId, result });
  }

  return {
    start(task) {
      const done = run(task);
      running.add(done);
      void done.finally(() => running.delete(done));
    },
    async close() {
      reads.abort();
      await Promise.all(running);
    },
  };
}
