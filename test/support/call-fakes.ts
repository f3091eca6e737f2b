import type { AudioFrame } from '../../src/core/audio.ts';
import { callingNumber, type FinishedChange, type UntoldChangeStore } from '../../src/core/changes.ts';
import type { CommerceBackend } from '../../src/core/commerce.ts';
import type {
  DialogEffect,
  DialogEngine,
  DialogEvent,
  DialogState,
  DialogStep,
  Expecting,
} from '../../src/core/dialog.ts';
import type { BusEvents, CallEvent, CallEventBody, EventBus } from '../../src/core/events.ts';
import type { Logger } from '../../src/core/log.ts';
import { AsyncQueue } from '../../src/core/queue.ts';
import type { RecognitionOptions, SpeechRecognizer } from '../../src/core/recognition.ts';
import type { SpeechChunk, SpeechSynthesizer, Utterance } from '../../src/core/speech.ts';
import { writtenText } from '../../src/core/speech.ts';
import type { CallSnapshot, CallStore, SnapshotStore } from '../../src/core/store.ts';
import type {
  EndReason,
  IncomingCall,
  TextMedia,
  TextMediaEvent,
  VoiceMedia,
  VoiceMediaEvent,
} from '../../src/core/telephony.ts';
import type { VoiceActivityDetector } from '../../src/core/turn.ts';
import type { Understander } from '../../src/core/understanding.ts';
import { createCodec } from '../../src/media/codec.ts';

/** A logger that keeps what it is told. */
export function fakeLog(): Logger & { readonly lines: { level: string; message: string; fields: object }[] } {
  const lines: { level: string; message: string; fields: object }[] = [];
  const log = {
    lines,
    debug: (fields: object, message: string) => void lines.push({ level: 'debug', message, fields }),
    info: (fields: object, message: string) => void lines.push({ level: 'info', message, fields }),
    warn: (fields: object, message: string) => void lines.push({ level: 'warn', message, fields }),
    error: (fields: object, message: string) => void lines.push({ level: 'error', message, fields }),
    child: () => log,
  };
  return log;
}

/** A bus that keeps every event of calls. */
export function fakeBus(): EventBus & { readonly events: CallEvent[] } {
  const events: CallEvent[] = [];
  return {
    events,
    publish(name, payload) {
      if (name === 'call-event') events.push(payload as BusEvents['call-event']);
    },
    subscribe: () => () => undefined,
  };
}

/** The bodies of one type among events, in order. */
export function bodiesOf<Type extends CallEventBody['type']>(
  events: readonly CallEvent[],
  type: Type,
): Extract<CallEventBody, { type: Type }>[] {
  return events
    .map(({ body }) => body)
    .filter((body): body is Extract<CallEventBody, { type: Type }> => body.type === type);
}

/** A store that keeps events in memory and can be told to fail. */
export function fakeStore(): CallStore & { readonly kept: CallEvent[]; failing: boolean } {
  const kept: CallEvent[] = [];
  return {
    kept,
    failing: false,
    append(event) {
      if (this.failing) return Promise.reject(new Error('the disk is gone'));
      kept.push(event);
      return Promise.resolve();
    },
    list: () => Promise.resolve([]),
    get: () => Promise.resolve(undefined),
    earlier: () => Promise.resolve([]),
    events: (callId, after) => Promise.resolve(kept.filter((e) => e.callId === callId && e.seq > after)),
    flush: () => Promise.resolve(),
    ready: () => Promise.resolve(true),
    close: () => Promise.resolve(),
  };
}

export function fakeSnapshots(): SnapshotStore & { readonly kept: Map<string, CallSnapshot> } {
  const kept = new Map<string, CallSnapshot>();
  return {
    kept,
    save(snapshot) {
      kept.set(snapshot.callId, snapshot);
      return Promise.resolve();
    },
    load: (callId) => Promise.resolve(kept.get(callId)),
    take(callId) {
      const snapshot = kept.get(callId);
      kept.delete(callId);
      return Promise.resolve(snapshot);
    },
    remove(callId) {
      kept.delete(callId);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

/** Results that callers have not heard, by number, in memory. */
export function fakeUntoldChanges(): UntoldChangeStore & {
  readonly kept: (FinishedChange & { from: string })[];
} {
  const kept: (FinishedChange & { from: string })[] = [];
  const remove = (isMeant: (change: FinishedChange) => boolean) => {
    kept.splice(0, kept.length, ...kept.filter((change) => !isMeant(change)));
    return Promise.resolve();
  };
  return {
    kept,
    keep(from, changes) {
      if (callingNumber(from) !== undefined) kept.push(...changes.map((change) => ({ ...change, from })));
      return Promise.resolve();
    },
    find: (from) => Promise.resolve(kept.filter((change) => change.from === from)),
    markTold: ({ callId, taskId }) =>
      remove((change) => change.callId === callId && change.taskId === taskId),
    forgetCall: (callId) => remove((change) => change.callId === callId),
  };
}

export function utterance(text: string, overrides: Partial<Utterance> = {}): Utterance {
  return {
    parts: [{ type: 'text', text }],
    language: 'en',
    interruptible: true,
    promptId: text.slice(0, 20),
    ...overrides,
  };
}
export const say = (text: string): DialogEffect => ({ type: 'say', utterance: utterance(text) });
export const listen = (slot = 'anything', kind: Expecting['kind'] = 'anything'): DialogEffect => ({
  type: 'listen',
  expecting: { slot, kind },
});

/** Every event the dialog was given, in order, is part of its state: tests read it from there. */
export interface ScriptedState extends DialogState {
  readonly heard: readonly string[];
}

/** A dialog that answers by a function of the event; its state is the list of what it has heard. */
export function scriptedEngine(
  answer: (event: DialogEvent, state: ScriptedState) => readonly DialogEffect[],
  greeting: readonly DialogEffect[] = [say('Hello. How can I help?'), listen()],
): DialogEngine & { readonly events: DialogEvent[]; state: ScriptedState } {
  const events: DialogEvent[] = [];
  const first: ScriptedState = { flowsVersion: '1', language: 'en', ended: false, heard: [] };
  return {
    events,
    state: first,
    start: () => ({ state: first, effects: greeting }),
    advance(state, event): DialogStep {
      const before = state as ScriptedState;
      events.push(event);
      const heard = event.type === 'utterance' ? event.understanding.text : event.type;
      const effects = answer(event, before);
      const ended = effects.some(({ type }) => type === 'end');
      this.state = { ...before, ended, heard: [...before.heard, heard] };
      return { state: this.state, effects };
    },
    assess: () => 'unknown',
    fixedUtterances: () => [],
  };
}

export const plainUnderstander: Understander = {
  understand: (text, { language }) => Promise.resolve({ text, language, intents: [], entities: [] }),
};

export const emptyShop: CommerceBackend = {
  call: () => Promise.reject(new Error('this shop has nothing')),
  close: () => Promise.resolve(),
};

/** Speaks each sentence as a tone, `msPerWord` for each word. Sentences end at `.`, `?` or `!`. */
export function toneSynthesizer(
  msPerWord = 200,
): SpeechSynthesizer & { readonly prepared: string[]; broken: boolean } {
  const prepared: string[] = [];
  return {
    id: 'tone',
    languages: ['en'],
    prepared,
    broken: false,
    async *synthesize(spoken, signal): AsyncIterable<SpeechChunk> {
      if (this.broken) throw new Error('no voice');
      for (const sentence of writtenText(spoken).split(/(?<=[.?!]) /)) {
        await Promise.resolve();
        if (signal.aborted) return;
        const samples = tone(sentence.split(' ').length * msPerWord, 16_000);
        const frame: AudioFrame = { samples, sampleRateHz: 16_000, mediaMs: 0 };
        yield { frame, text: sentence, endOfSentence: true };
      }
    },
    prepare(spoken) {
      prepared.push(writtenText(spoken));
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

/** 400 Hz at -12 dBFS. */
export function tone(ms: number, sampleRateHz: number): Int16Array {
  return Int16Array.from({ length: Math.round((ms * sampleRateHz) / 1000) }, (_, index) =>
    Math.round(8000 * Math.sin((2 * Math.PI * 400 * index) / sampleRateHz)),
  );
}

/** Takes whatever is loud for speech. */
export function loudnessDetector(): VoiceActivityDetector {
  const windowSamples = 512;
  let buffer: number[] = [];
  let startMs = 0;
  return {
    windowSamples,
    write({ samples }) {
      buffer.push(...samples);
      const windows = [];
      while (buffer.length >= windowSamples) {
        const window = buffer.slice(0, windowSamples);
        buffer = buffer.slice(windowSamples);
        const power = window.reduce((sum, sample) => sum + sample * sample, 0) / windowSamples;
        const levelDbfs = power === 0 ? -100 : 10 * Math.log10(power / 32_768 ** 2);
        windows.push({
          startMs,
          durationMs: 32,
          speechProbability: levelDbfs > -40 ? 0.95 : 0.01,
          levelDbfs,
        });
        startMs += 32;
      }
      return windows;
    },
    reset() {
      buffer = [];
    },
  };
}

/** Hears in each turn the next of the given texts. `delayed` holds answers back until `answer()`. */
export function scriptedRecognizer(texts: readonly string[]): SpeechRecognizer & {
  readonly dropped: number[];
  delayed: boolean;
  failing: boolean;
  answer(): void;
} {
  const dropped: number[] = [];
  const waiting: (() => void)[] = [];
  let next = 0;
  return {
    id: 'scripted',
    languages: ['en'],
    dropped,
    delayed: false,
    failing: false,
    answer() {
      for (const give of waiting.splice(0)) give();
    },
    open({ onEvent }: RecognitionOptions) {
      const textOf = new Map<number, string>();
      return {
        write(turn) {
          if (!textOf.has(turn)) textOf.set(turn, texts[next++] ?? '');
        },
        finish: (turn, request) => {
          const give = () => {
            if (this.failing) {
              onEvent({ type: 'failed', turn, request, message: 'scripted' });
              return;
            }
            const text = textOf.get(turn) ?? '';
            onEvent({
              type: 'final',
              turn,
              request,
              text,
              confidence: 0.9,
              alternatives: [],
              decodeMs: 1,
              waitMs: 0,
            });
          };
          if (this.delayed) waiting.push(give);
          else queueMicrotask(give);
        },
        drop: (turn) => void dropped.push(turn),
        close: () => undefined,
      };
    },
    close: () => Promise.resolve(),
  };
}

/** A typed conversation under the test's control. */
export class FakeTextMedia implements TextMedia {
  readonly kind = 'text';
  readonly events = new AsyncQueue<TextMediaEvent>();
  readonly sent: unknown[] = [];
  say(text: string): void {
    this.sent.push(text);
  }
  listening(expecting: Expecting | null): void {
    this.sent.push({ listening: expecting?.slot });
  }
  transfer(skill: string): void {
    this.sent.push({ transfer: skill });
  }
  end(outcome: string): Promise<void> {
    this.sent.push({ end: outcome });
    this.finish('we-hung-up');
    return Promise.resolve();
  }
  finish(reason: EndReason): void {
    this.events.push({ type: 'ended', reason });
    this.events.close();
  }
}

/** A telephone line under the test's control. Marks come back when the test's clock has played what was sent before them. */
export class FakeVoiceMedia implements VoiceMedia {
  readonly kind = 'voice';
  readonly format = { codec: 'l16', sampleRateHz: 16_000, packetMs: 20 } as const;
  readonly events = new AsyncQueue<VoiceMediaEvent>();
  readonly packets: Uint8Array[] = [];
  readonly notices: Readonly<Record<string, unknown>>[] = [];
  cleared = 0;
  hungUp = false;
  transferError: Error | undefined;
  transferredTo: string | undefined;
  readonly #codec = createCodec('l16');

  /** The caller's next packet: 20 ms of speech or of silence. */
  hear(speech: boolean): void {
    const samples = speech ? tone(20, 16_000) : new Int16Array(320);
    const payload = this.#codec.encode(samples);
    this.events.push({ type: 'packet', payload, sequence: undefined, mediaMs: undefined });
  }
  key(digit: string): void {
    this.events.push({ type: 'digit', digit });
  }
  send(payload: Uint8Array): void {
    this.packets.push(payload);
  }
  mark(name: string): void {
    this.events.push({ type: 'mark', name });
  }
  clear(): void {
    this.cleared += 1;
  }
  notify(message: Readonly<Record<string, unknown>>): void {
    this.notices.push(message);
  }
  transfer(target: string): Promise<void> {
    if (this.transferError) return Promise.reject(this.transferError);
    this.transferredTo = target;
    this.finish('transferred');
    return Promise.resolve();
  }
  hangup(): Promise<void> {
    this.hungUp = true;
    this.finish('we-hung-up');
    return Promise.resolve();
  }
  finish(reason: EndReason): void {
    this.events.push({ type: 'ended', reason });
    this.events.close();
  }
}

export function incoming(media: TextMedia | VoiceMedia, overrides: Partial<IncomingCall> = {}): IncomingCall {
  return {
    gateway: 'fake',
    gatewayCallId: 'fake-1',
    from: '+12125550101',
    to: '+18005550100',
    language: 'en',
    resumes: undefined,
    accept: () => media,
    reject: () => undefined,
    ...overrides,
  };
}
