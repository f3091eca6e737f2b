import { describe, expect, it } from 'vitest';
import type { SpeechChunk, SpeechPart, Utterance } from '../../../src/core/speech.ts';
import { frameMs } from '../../../src/core/audio.ts';
import { openPromptCache, type PromptCache } from '../../../src/speak/prompt-cache.ts';
import { createSynthesizer } from '../../../src/speak/synthesizer.ts';
import { createCapturedLog } from '../../support/captured-log.ts';
import { FakeSpeechEngine, settle } from '../../support/fake-speech-engine.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const order: SpeechPart = { type: 'value', kind: 'order_number', text: '#W23', value: 'W23' };
const utterance = (...parts: (string | SpeechPart)[]): Utterance => ({
  parts: parts.map((part) => (typeof part === 'string' ? { type: 'text', text: part } : part)),
  language: 'en',
  interruptible: true,
  promptId: 'test',
});

async function setUp(options: { automatic?: boolean; cache?: PromptCache } = {}) {
  const clock = new ManualClock();
  const engine = new FakeSpeechEngine({ automatic: options.automatic ?? true });
  const log = createCapturedLog();
  const cache = options.cache ?? (await openPromptCache({ directory: undefined, clock }));
  const synthesizer = createSynthesizer({
    voices: [{ id: 'fake', languages: ['en'], engine }],
    cache,
    clock,
    timeZone: 'UTC',
    voiceToFetch: { zh: 'kokoro-zh' },
    log,
  });
  return { clock, engine, log, cache, synthesizer };
}

async function collect(chunks: AsyncIterable<SpeechChunk>): Promise<SpeechChunk[]> {
  const all: SpeechChunk[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

const never = new AbortController().signal;

describe('the synthesiser', () => {
  it('tells the words of each sentence with its first chunk, and its end with its last', async () => {
    const { synthesizer } = await setUp();
    const spoken = await collect(
      synthesizer.synthesize(utterance('Hello there, my friend. Order ', order, ' is here.'), never),
    );
    expect(spoken.filter((chunk) => chunk.text !== '').map((chunk) => chunk.text)).toEqual([
      'Hello there, my friend. ',
      'Order #W23 is here.',
    ]);
    expect(spoken.filter((chunk) => chunk.endOfSentence)).toHaveLength(2);
    expect(spoken.at(-1)?.endOfSentence).toBe(true);
    expect(spoken[0]?.text).not.toBe('');
  });

  it('yields short chunks whose media times follow each other', async () => {
    const { synthesizer } = await setUp();
    const spoken = await collect(
      synthesizer.synthesize(utterance('One two, three. Four five six seven.'), never),
    );
    let mediaMs = 0;
    for (const { frame } of spoken) {
      expect(frame.mediaMs).toBeCloseTo(mediaMs, 6);
      expect(frameMs(frame)).toBeLessThanOrEqual(200);
      mediaMs += frameMs(frame);
    }
  });

  it('renders a sentence once and takes it from the cache afterwards', async () => {
    const { synthesizer, engine } = await setUp();
    const first = await collect(synthesizer.synthesize(utterance('How can I help you?'), never));
    const second = await collect(synthesizer.synthesize(utterance('How can I help you?'), never));
    expect(engine.begun).toEqual(['How can I help you?']);
    expect(second).toEqual(first);
  });

  it('shares fixed sentences between prompts', async () => {
    const { synthesizer, engine } = await setUp();
    await synthesizer.prepare(utterance('Thank you. How can I help you?'));
    await collect(synthesizer.synthesize(utterance('Sorry. How can I help you?'), never));
    expect(engine.begun).toEqual(['Thank you.', 'How can I help you?', 'Sorry.']);
  });

  it('puts on disk what is prepared or said again and again, and never what holds a value', async () => {
    const clock = new ManualClock();
    const inner = await openPromptCache({ directory: undefined, clock });
    const durable = new Set<string>();
    const cache: PromptCache = {
      peek: (key) => inner.peek(key),
      get: (key, rate) => inner.get(key, rate),
      put: (key, samples, options) => {
        if (options.durable) durable.add(key);
        inner.put(key, samples, options);
      },
      flush: () => inner.flush(),
      close: () => inner.close(),
    };
    const { synthesizer } = await setUp({ cache });
    const mixed = utterance('Thank you. Order ', order, ' is here.');
    await collect(synthesizer.synthesize(mixed, never));
    expect(durable.size).toBe(0);
    await synthesizer.prepare(mixed);
    expect(durable.size).toBe(1);
    await synthesizer.prepare(utterance('Goodbye.'));
    expect(durable.size).toBe(2);
    for (let call = 0; call < 6; call += 1)
      await collect(synthesizer.synthesize(utterance('So long. Bye ', order), never));
    expect(durable.size).toBe(3);
  });

  it('lets callers who hear nothing go before words that are needed only after others', async () => {
    const { synthesizer, engine, clock } = await setUp({ automatic: false });
    const busy = collect(synthesizer.synthesize(utterance('Hello caller.'), never));
    await settle();
    const later = synthesizer.synthesize(utterance('Needed later.'), never, {
      neededAtMs: clock.nowMs() + 5000,
    });
    const one = collect(later);
    const two = collect(synthesizer.synthesize(utterance('Needed now.'), never));
    await settle();
    while (engine.running.length > 0) await engine.finish();
    await Promise.all([busy, one, two]);
    expect(engine.begun).toEqual(['Hello caller.', 'Needed now.', 'Needed later.']);
  });

  it('renders once what two callers want at the same time', async () => {
    const { synthesizer, engine } = await setUp({ automatic: false });
    const one = collect(synthesizer.synthesize(utterance('Please hold on.'), never));
    const two = collect(synthesizer.synthesize(utterance('Please hold on.'), never));
    await settle();
    await engine.finish();
    expect(engine.begun).toEqual(['Please hold on.']);
    expect(await two).toEqual(await one);
  });

  it('goes on for the caller who stays when the other one hangs up', async () => {
    const { synthesizer, engine } = await setUp({ automatic: false });
    const gone = new AbortController();
    const leaver = collect(synthesizer.synthesize(utterance('Please hold on.'), gone.signal));
    const stayer = collect(synthesizer.synthesize(utterance('Please hold on.'), never));
    await settle();
    gone.abort();
    expect(await leaver).toEqual([]);
    await engine.finish();
    expect((await stayer).length).toBeGreaterThan(0);
  });

  it('stops at once when aborted, also while a piece is being rendered, and renders nothing further', async () => {
    const { synthesizer, engine } = await setUp({ automatic: false });
    const stop = new AbortController();
    const spoken = collect(
      synthesizer.synthesize(utterance('First sentence. Second sentence.'), stop.signal),
    );
    await settle();
    stop.abort();
    expect(await spoken).toEqual([]);
    await engine.finish();
    expect(engine.begun).toEqual(['First sentence.']);
  });

  it('stops between two chunks of cached sound', async () => {
    const { synthesizer } = await setUp();
    const long = utterance('This is a rather long sentence that takes a while to say.');
    const whole = await collect(synthesizer.synthesize(long, never));
    const stop = new AbortController();
    let heard = 0;
    for await (const chunk of synthesizer.synthesize(long, stop.signal)) {
      heard += chunk.frame.samples.length > 0 ? 1 : 0;
      if (heard === 2) stop.abort();
    }
    expect(heard).toBe(2);
    expect(whole.length).toBeGreaterThan(3);
  });

  it('begins again for a caller who asks right after the only other one has gone', async () => {
    const { synthesizer, engine } = await setUp({ automatic: false });
    const gone = new AbortController();
    const first = collect(synthesizer.synthesize(utterance('Please hold on.'), gone.signal));
    await settle();
    gone.abort();
    const second = collect(synthesizer.synthesize(utterance('Please hold on.'), never));
    await first;
    await settle();
    await engine.finish();
    await engine.finish();
    expect((await second).length).toBeGreaterThan(0);
  });

  it('gives waiting callers their first sound before it goes on with others', async () => {
    const { synthesizer, engine } = await setUp({ automatic: false });
    const long = 'This is the first sentence of the first caller and it is long. Then comes more.';
    const spoken: string[] = [];
    const one = (async () => {
      for await (const chunk of synthesizer.synthesize(utterance(long), never)) spoken.push(chunk.text);
    })();
    await settle();
    const two = collect(synthesizer.synthesize(utterance('Hello second caller.'), never));
    await settle();
    await engine.finish();
    expect(engine.running).toEqual(['Hello second caller.']);
    while (engine.running.length > 0) await engine.finish();
    await one;
    await two;
    expect(spoken[0]).toContain('first caller');
  });

  it('renders ahead only when nobody waits', async () => {
    const { synthesizer, engine } = await setUp({ automatic: false });
    const caller = collect(synthesizer.synthesize(utterance('Hello caller.'), never));
    await settle();
    const ahead = synthesizer.prepare(utterance('A prompt for later.'));
    const other = collect(synthesizer.synthesize(utterance('Hello other caller.'), never));
    await settle();
    while (engine.running.length > 0) await engine.finish();
    await Promise.all([caller, ahead, other]);
    expect(engine.begun).toEqual(['Hello caller.', 'Hello other caller.', 'A prompt for later.']);
  });

  it('names the voice to fetch when none speaks the language', async () => {
    const { synthesizer } = await setUp();
    expect(synthesizer.languages).toEqual(['en']);
    const chinese: Utterance = { ...utterance('您好'), language: 'zh' };
    await expect(collect(synthesizer.synthesize(chinese, never))).rejects.toMatchObject({
      code: 'tts_failed',
      message: expect.stringContaining('npm run models -- fetch kokoro-zh') as unknown,
    });
  });

  it('rejects with tts_failed when the voice fails, and can speak again afterwards', async () => {
    const { synthesizer, engine } = await setUp({ automatic: false });
    const failing = collect(synthesizer.synthesize(utterance('Hello there.'), never));
    const failure = expect(failing).rejects.toMatchObject({ code: 'tts_failed' });
    await settle();
    await engine.fail();
    await failure;
    const working = collect(synthesizer.synthesize(utterance('Hello there.'), never));
    await settle();
    await engine.finish();
    expect((await working).length).toBeGreaterThan(0);
  });

  it('never throws at those who render ahead', async () => {
    const { synthesizer, log } = await setUp();
    await synthesizer.prepare({ ...utterance('您好'), language: 'zh' });
    expect(log.lines.map((line) => line.level)).toEqual(['warn']);
  });

  it('ends what is being spoken when it is closed', async () => {
    const { synthesizer, engine } = await setUp({ automatic: false });
    const spoken = collect(synthesizer.synthesize(utterance('Hello there.'), never));
    await settle();
    await synthesizer.close();
    await synthesizer.close();
    expect(await spoken).toEqual([]);
    expect(engine.closed).toBe(true);
  });

  it('yields nothing for an utterance without words', async () => {
    const { synthesizer } = await setUp();
    expect(await collect(synthesizer.synthesize(utterance(' … '), never))).toEqual([]);
  });
});
