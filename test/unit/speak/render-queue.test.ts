import { describe, expect, it } from 'vitest';
import { RenderQueue, chooseNext, type Timing } from '../../../src/speak/render-queue.ts';
import { FakeSpeechEngine, settle } from '../../support/fake-speech-engine.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const job = (spoken: string, timing: Timing) => ({ spoken, timing: () => timing });
const never = new AbortController().signal;

describe('chooseNext', () => {
  const choose = (nowMs: number, jobs: ReturnType<typeof job>[], mayRenderAhead = true): string | undefined =>
    chooseNext(jobs, nowMs, () => 100, mayRenderAhead)?.spoken;

  it('serves callers who hear nothing yet before callers with audio in hand', () => {
    const jobs = [
      job('next', { kind: 'next', dryAtMs: 5000 }),
      job('first', { kind: 'first', sinceMs: 900 }),
    ];
    expect(choose(1000, jobs)).toBe('first');
  });

  it('serves a caller who is about to hear silence in the middle of speech before everybody', () => {
    const jobs = [
      job('first', { kind: 'first', sinceMs: 0 }),
      job('dry later', { kind: 'next', dryAtMs: 1390 }),
      job('dry soon', { kind: 'next', dryAtMs: 1200 }),
    ];
    expect(choose(1000, jobs)).toBe('dry soon');
  });

  it('serves first sounds in order of arrival', () => {
    const jobs = [job('b', { kind: 'first', sinceMs: 20 }), job('a', { kind: 'first', sinceMs: 10 })];
    expect(choose(1000, jobs)).toBe('a');
  });

  it('serves the caller first whose audio ends first', () => {
    const jobs = [job('b', { kind: 'next', dryAtMs: 9000 }), job('a', { kind: 'next', dryAtMs: 8000 })];
    expect(choose(1000, jobs)).toBe('a');
  });

  it('renders ahead only when nobody waits, and only when allowed', () => {
    const ahead = job('ahead', { kind: 'ahead' });
    expect(choose(1000, [ahead, job('next', { kind: 'next', dryAtMs: 90_000 })])).toBe('next');
    expect(choose(1000, [ahead])).toBe('ahead');
    expect(choose(1000, [ahead], false)).toBeUndefined();
  });
});

describe('RenderQueue', () => {
  it('hands the engine one text at a time, the most urgent at each choice', async () => {
    const clock = new ManualClock();
    const engine = new FakeSpeechEngine({ automatic: false });
    const queue = new RenderQueue(engine, clock);
    let dryAtMs = 10_000;
    const all = [
      queue.render(job('prompt one', { kind: 'ahead' }), never),
      queue.render(job('prompt two', { kind: 'ahead' }), never),
      queue.render({ spoken: 'continuation', timing: () => ({ kind: 'next', dryAtMs }) }, never),
      queue.render(job('greeting', { kind: 'first', sinceMs: 0 }), never),
    ];
    expect(engine.running).toEqual(['prompt one']);
    await engine.finish();
    expect(engine.running).toEqual(['greeting']);
    void queue.render(job('later greeting', { kind: 'first', sinceMs: 5 }), never);
    // Meanwhile the speech of the other caller has nearly run out.
    dryAtMs = 50;
    await engine.finish();
    await engine.finish();
    await engine.finish();
    await engine.finish();
    expect(engine.begun).toEqual(['prompt one', 'greeting', 'continuation', 'later greeting', 'prompt two']);
    await Promise.all(all);
  });

  it('keeps a place free for callers while prompts are rendered ahead', async () => {
    const engine = new FakeSpeechEngine({ automatic: false, concurrency: 2 });
    const queue = new RenderQueue(engine, new ManualClock());
    void queue.render(job('prompt one', { kind: 'ahead' }), never);
    void queue.render(job('prompt two', { kind: 'ahead' }), never);
    await settle();
    expect(engine.running).toEqual(['prompt one']);
    void queue.render(job('greeting', { kind: 'first', sinceMs: 0 }), never);
    expect(engine.running).toEqual(['prompt one', 'greeting']);
    for (let left = 3; left > 0; left -= 1) await engine.finish();
  });

  it('forgets a waiting text whose caller has gone', async () => {
    const engine = new FakeSpeechEngine({ automatic: false });
    const queue = new RenderQueue(engine, new ManualClock());
    const gone = new AbortController();
    const first = queue.render(job('first', { kind: 'first', sinceMs: 0 }), never);
    const waiting = queue.render(job('unwanted', { kind: 'first', sinceMs: 1 }), gone.signal);
    gone.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
    await engine.finish();
    await first;
    expect(engine.begun).toEqual(['first']);
  });

  it('goes on after a text that could not be rendered', async () => {
    const engine = new FakeSpeechEngine({ automatic: false });
    const queue = new RenderQueue(engine, new ManualClock());
    const bad = queue.render(job('bad', { kind: 'first', sinceMs: 0 }), never);
    const good = queue.render(job('good', { kind: 'first', sinceMs: 1 }), never);
    const failure = expect(bad).rejects.toMatchObject({ code: 'tts_failed' });
    await engine.fail();
    await failure;
    await engine.finish();
    expect((await good).length).toBeGreaterThan(0);
  });
});
