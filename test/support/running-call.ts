import { startCall } from '../../src/call/start-call.ts';
import type { CallServices } from '../../src/call/services.ts';
import type { DialogEffect, DialogEvent } from '../../src/core/dialog.ts';
import { createDigitCollector } from '../../src/listen/digits.ts';
import { createTurnDetector } from '../../src/listen/turn-detector.ts';
import {
  emptyShop,
  fakeBus,
  fakeLog,
  fakeSnapshots,
  fakeStore,
  fakeUntoldChanges,
  FakeVoiceMedia,
  incoming,
  listen,
  loudnessDetector,
  plainUnderstander,
  say,
  scriptedEngine,
  scriptedRecognizer,
  toneSynthesizer,
} from './call-fakes.ts';
import { ManualClock } from './manual-clock.ts';

/** Lets everything that waits for nothing but promises happen. */
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
/** What the caller said. */
export const textOf = (event: DialogEvent) =>
  event.type === 'utterance' ? event.understanding.text : undefined;

/** A conductor's surroundings: a scripted dialog, a recogniser that hears given texts, a voice of tones, and a clock moved by hand. */
export function setUpCall(options: {
  readonly switchboard?: CallServices['switchboard'];
  readonly answer?: Parameters<typeof scriptedEngine>[0];
  readonly texts?: readonly string[];
  readonly greeting?: readonly DialogEffect[];
}) {
  const clock = new ManualClock();
  const bus = fakeBus();
  const store = fakeStore();
  const snapshots = fakeSnapshots();
  const untoldChanges = fakeUntoldChanges();
  const log = fakeLog();
  const engine = scriptedEngine(options.answer ?? (() => [say('Fine.'), listen()]), options.greeting);
  const recognizer = scriptedRecognizer(options.texts ?? []);
  const synthesizer = toneSynthesizer();
  const services: CallServices = {
    clock,
    log,
    bus,
    engine,
    understander: plainUnderstander,
    store,
    snapshots,
    untoldChanges,
    recordings: undefined,
    shopForCall: () => emptyShop,
    defaultLanguage: 'en',
    maxCallMs: 600_000,
    switchboard: options.switchboard,
    voice: {
      recognizer: () => recognizer,
      synthesizer,
      createVoiceActivity: loudnessDetector,
      createTurnDetector,
      createDigitCollector,
    },
  };
  return { clock, bus, store, snapshots, untoldChanges, log, engine, recognizer, synthesizer, services };
}

/** A voice call whose caller speaks and is silent for given times. */
export function startVoiceCall(setup: ReturnType<typeof setUpCall>) {
  const media = new FakeVoiceMedia();
  const call = startCall(incoming(media), 'call_1', setup.services);
  async function pass(ms: number, speech: boolean): Promise<void> {
    for (let passed = 0; passed < ms; passed += 20) {
      media.hear(speech);
      await setup.clock.advanceAsync(20);
    }
  }
  return { media, call, speak: (ms: number) => pass(ms, true), quiet: (ms: number) => pass(ms, false) };
}
