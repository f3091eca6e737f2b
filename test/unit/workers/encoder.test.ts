import { describe, expect, it } from 'vitest';
import { KefuError } from '../../../src/core/errors.ts';
import type { EncodeReply, EncodeRequest } from '../../../src/workers/encoder-messages.ts';
import { startTokenEncoder, type StartEncoderThread } from '../../../src/workers/encoder.ts';
import type { ThreadOptions } from '../../../src/workers/thread.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** A thread that answers the probe, and from then on when the test says so. */
function scriptedThread() {
  const script = {
    requests: [] as EncodeRequest[],
    up: true,
    closedTimes: 0,
    options: undefined as ThreadOptions<EncodeReply> | undefined,
    answer(vector: readonly number[]) {
      const request = script.requests.at(-1);
      if (!request) throw new Error('nothing was asked');
      const vectors = Float32Array.from(request.rows.flatMap(() => [...vector]));
      script.options?.onMessage({ job: request.job, vectors });
    },
    die() {
      script.up = false;
      script.options?.onExit(
        new KefuError('worker_failed', 'The thread encoder failed: it ended with code 1'),
      );
    },
    comeBack() {
      script.up = true;
      script.options?.onReady?.();
    },
  };
  const start: StartEncoderThread = (options) => {
    script.options = options;
    return {
      ready: Promise.resolve(),
      post(request) {
        if (!script.up) return false;
        script.requests.push(request);
        if (script.requests.length === 1) queueMicrotask(() => script.answer([1, 0]));
        return true;
      },
      close() {
        script.closedTimes += 1;
        return Promise.resolve();
      },
    };
  };
  return { script, start };
}

async function started() {
  const { script, start } = scriptedThread();
  const clock = new ManualClock();
  const encoder = await startTokenEncoder({
    modelPath: 'model.onnx',
    probe: [0, 2],
    startThread: start,
    clock,
  });
  return { script, clock, encoder };
}

describe('startTokenEncoder', () => {
  it('knows the size of vectors from the probe', async () => {
    const { encoder, script } = await started();
    expect(encoder.dimensions).toBe(2);
    expect(script.requests[0]?.rows).toEqual([[0, 2]]);
  });

  it('gives each row its vector', async () => {
    const { encoder, script } = await started();
    const vectors = encoder.encode([
      [0, 5, 2],
      [0, 6, 2],
    ]);
    script.answer([0.6, 0.8]);
    expect(await vectors).toEqual([Float32Array.of(0.6, 0.8), Float32Array.of(0.6, 0.8)]);
  });

  it('asks nothing for no rows', async () => {
    const { encoder, script } = await started();
    expect(await encoder.encode([])).toEqual([]);
    expect(script.requests).toHaveLength(1);
  });

  it('fails what a dying thread was working on, and keeps what comes meanwhile for the next', async () => {
    const { encoder, script } = await started();
    const lost = encoder.encode([[0, 5, 2]]);
    script.die();
    await expect(lost).rejects.toMatchObject({ code: 'encoder_failed' });
    const kept = encoder.encode([[0, 6, 2]]);
    script.comeBack();
    script.answer([0, 1]);
    expect(await kept).toEqual([Float32Array.of(0, 1)]);
  });

  it('fails a job that takes too long, and drops its late answer', async () => {
    const { encoder, script, clock } = await started();
    const late = encoder.encode([[0, 5, 2]]);
    clock.advance(5_000);
    await expect(late).rejects.toMatchObject({
      code: 'encoder_failed',
      message: expect.stringContaining('5000 ms') as string,
    });
    script.answer([1, 1]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('stops waiting when aborted', async () => {
    const { encoder, clock } = await started();
    const stop = new AbortController();
    const stopped = encoder.encode([[0, 5, 2]], stop.signal);
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    await expect(encoder.encode([[0, 2]], stop.signal)).rejects.toMatchObject({ code: 'aborted' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('reports what the model says is wrong with a job', async () => {
    const { encoder, script } = await started();
    const failed = encoder.encode([[0, 999_999, 2]]);
    const job = script.requests.at(-1)?.job ?? 0;
    script.options?.onMessage({ job, failed: 'indices element out of data bounds' });
    await expect(failed).rejects.toMatchObject({
      code: 'encoder_failed',
      message: 'indices element out of data bounds',
    });
  });

  it('ends what waits when closed, and takes nothing more', async () => {
    const { encoder, clock } = await started();
    const waiting = encoder.encode([[0, 5, 2]]);
    const closed = encoder.close();
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
    await closed;
    await expect(encoder.encode([[0, 2]])).rejects.toMatchObject({ code: 'encoder_failed' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('fails to start, and leaves no thread, when the model cannot be loaded', async () => {
    const { script, start } = scriptedThread();
    const failing: StartEncoderThread = (options) => {
      const ready = Promise.reject(new KefuError('worker_failed', 'The thread encoder failed: no such file'));
      return { ...start(options), ready };
    };
    await expect(
      startTokenEncoder({ modelPath: 'nowhere.onnx', probe: [0, 2], startThread: failing }),
    ).rejects.toMatchObject({
      code: 'encoder_failed',
      message: expect.stringContaining('no such file') as string,
    });
    expect(script.closedTimes).toBe(1);
  });
});
