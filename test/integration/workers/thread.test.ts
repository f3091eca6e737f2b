import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { AsyncQueue } from '../../../src/core/queue.ts';
import type { KefuError } from '../../../src/core/errors.ts';
import { startThread, type SupervisedThread, type ThreadOptions } from '../../../src/workers/thread.ts';
import type { EchoData, EchoReply, EchoRequest } from '../../support/echo-thread.ts';

interface Harness {
  readonly thread: SupervisedThread<EchoRequest>;
  /** The next thing that happened, as `reply VALUE`, `exit MESSAGE` or `ready`. */
  readonly next: () => Promise<string>;
  readonly errors: KefuError[];
}

const open: SupervisedThread<EchoRequest>[] = [];

function start(data: EchoData, options: Partial<ThreadOptions<EchoReply>> = {}): Harness {
  const happened = new AsyncQueue<string>();
  const reader = happened[Symbol.asyncIterator]();
  const errors: KefuError[] = [];
  const thread = startThread<EchoRequest, EchoReply>({
    name: 'echo',
    entry: new URL('../../support/echo-thread.ts', import.meta.url),
    data,
    onMessage: (reply) => happened.push(`reply ${reply.value}`),
    onExit: (error) => {
      errors.push(error);
      happened.push(`exit ${error.message}`);
    },
    onReady: () => happened.push('ready'),
    restart: { initialDelayMs: 10, maxDelayMs: 40 },
    ...options,
  });
  open.push(thread);
  const next = async (): Promise<string> => {
    const result = await reader.next();
    return result.done === true ? 'closed' : result.value;
  };
  return { thread, next, errors };
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((thread) => thread.close()));
});

describe('a supervised thread', () => {
  it('answers requests, also those posted before it was ready', async () => {
    const { thread, next } = start({ start: 'at-once' });
    expect(thread.post({ type: 'echo', value: 'early' })).toBe(true);
    await thread.ready;
    expect(await next()).toBe('ready');
    expect(await next()).toBe('reply early');
    thread.post({ type: 'echo', value: 'late' });
    expect(await next()).toBe('reply late');
  });

  it(
    'steps behind the main thread, which has packets to send',
    { skip: process.platform !== 'linux' },
    async () => {
      const priorities = () =>
        new Map(readdirSync('/proc/self/task').map((task) => [task, getPriority(Number(task))] as const));
      const before = priorities();
      const { thread } = start({ start: 'at-once' });
      await thread.ready;
      const begun = [...priorities()].filter(([task]) => !before.has(task)).map(([, priority]) => priority);
      const nicer = Math.min(19, getPriority() + 5);
      expect(begun).toContain(nicer);
      expect(
        [...priorities()].filter(([task, priority]) => before.get(task) !== priority && before.has(task)),
      ).toEqual([]);
    },
  );

  it('is started again after a crash, tells its owner why, and takes nothing in between', async () => {
    const { thread, next, errors } = start({ start: 'at-once' });
    expect(await next()).toBe('ready');
    thread.post({ type: 'crash' });
    expect(await next()).toBe('exit The thread echo failed: told to crash');
    expect(errors[0]?.code).toBe('worker_failed');
    expect(thread.post({ type: 'echo', value: 'lost' })).toBe(false);
    expect(await next()).toBe('ready');
    expect(thread.post({ type: 'echo', value: 'again' })).toBe(true);
    expect(await next()).toBe('reply again');
  });

  it('is replaced when it does not answer a ping', async () => {
    const { thread, next } = start(
      { start: 'at-once' },
      { pingIntervalMs: 20, pingTimeoutMs: 1500, closeTimeoutMs: 100 },
    );
    expect(await next()).toBe('ready');
    thread.post({ type: 'hang', hangMs: 60_000 });
    expect(await next()).toBe('exit The thread echo failed: it did not answer for 1500 ms');
    expect(await next()).toBe('ready');
  });

  it.each([
    ['refuses', 'the model file is missing'],
    ['exits', 'it ended with code 3'],
  ] as const)('that %s at its first start fails `ready` and is not started again', async (how, reason) => {
    const { thread, next } = start({ start: how });
    await expect(thread.ready).rejects.toMatchObject({ code: 'worker_failed' });
    expect(await next()).toBe(`exit The thread echo failed: ${reason}`);
    expect(thread.post({ type: 'echo', value: 'x' })).toBe(false);
  });

  it('that is not ready in time fails', async () => {
    const { thread } = start({ start: 'never' }, { readyTimeoutMs: 1500, closeTimeoutMs: 100 });
    await expect(thread.ready).rejects.toThrow('it was not ready within 1500 ms');
  });

  it('whose entry does not exist fails', async () => {
    const { thread } = start({ start: 'at-once' }, { entry: new URL('./no-such-file.ts', import.meta.url) });
    await expect(thread.ready).rejects.toThrow('no-such-file');
  });

  it('ends by itself after the request it is at, and begins none of those that wait', async () => {
    const exits: number[] = [];
    process.once('worker', (worker) => worker.once('exit', (code) => exits.push(code)));
    const { thread, next } = start({ start: 'at-once' }, { closeTimeoutMs: 30_000 });
    expect(await next()).toBe('ready');
    thread.post({ type: 'hang', hangMs: 300 });
    for (let count = 0; count < 100; count += 1) thread.post({ type: 'hang', hangMs: 60_000 });
    await thread.close();
    // A terminated thread ends with 1.
    expect(exits).toEqual([0]);
  });

  it('closes while it hangs, twice, and reports no failure', async () => {
    const { thread, next, errors } = start({ start: 'at-once' }, { closeTimeoutMs: 100 });
    expect(await next()).toBe('ready');
    thread.post({ type: 'hang', hangMs: 60_000 });
    await Promise.all([thread.close(), thread.close()]);
    await thread.close();
    expect(errors).toEqual([]);
    expect(thread.post({ type: 'echo', value: 'x' })).toBe(false);
  });

  it('runs a built JavaScript entry as it is', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kefu-thread-'));
    const file = join(folder, 'entry.mjs');
    await writeFile(
      file,
      `import { parentPort } from 'node:worker_threads';
      parentPort.on('message', (message) => {
        if (message.type === 'close') parentPort.close();
        else parentPort.postMessage({ type: 'reply', reply: { value: message.request.value } });
      });
      parentPort.postMessage({ type: 'ready' });`,
    );
    const { thread, next } = start({ start: 'at-once' }, { entry: pathToFileURL(file) });
    expect(await next()).toBe('ready');
    thread.post({ type: 'echo', value: 'built' });
    expect(await next()).toBe('reply built');
    await rm(folder, { recursive: true });
  });

  it('closed before it was ready rejects `ready` as aborted', async () => {
    const { thread } = start({ start: 'never' }, { readyTimeoutMs: 300 });
    await thread.close();
    await expect(thread.ready).rejects.toMatchObject({ code: 'aborted' });
  });
});
