import type { Clock } from '../core/clock.ts';
import type { EventBus } from '../core/events.ts';
import type { Language } from '../core/language.ts';
import type { Logger } from '../core/log.ts';
import type { SpeechRecognizer } from '../core/recognition.ts';
import type { Utterance } from '../core/speech.ts';
import type { VoiceMedia } from '../core/telephony.ts';
import { VoiceLine, type VoiceStages } from './voice-line.ts';

/** The person hears what it is about this often before the call counts as not taken. */
const timesAsked = 3;
/** The pause before it is said again. */
const askAgainMs = 6_000;

export interface TelephoneLegParts {
  readonly stages: VoiceStages;
  readonly clock: Clock;
  readonly log: Logger;
  readonly bus: EventBus;
  readonly language: Language;
}

/** What a person does who has been told what a call is about; `no-answer`: nothing at all, as a mailbox does. */
export type TelephoneAnswer = 'taken' | 'declined' | 'no-answer';

/** The telephone of a person of the shop, as an ear and a mouth for a call. */
export interface TelephoneLeg {
  /** Says what the call is about until 1 (`taken`), 2 or a hang-up (`declined`), or the end of patience (`no-answer`). */
  ask(summary: Utterance): Promise<TelephoneAnswer>;
  /** What the person hears: samples at 16 kHz. */
  hear(samples: Int16Array): void;
  /** Gets what the person says, from now on. */
  onSpeech(listener: (samples: Int16Array) => void): void;
  /** Settles when the person has hung up, or `hangUp` has. */
  readonly gone: Promise<void>;
  /** Idempotent. */
  hangUp(): void;
}

/** Hears nothing in anything. */
const deaf: SpeechRecognizer = {
  id: 'deaf',
  languages: [],
  open: ({ onEvent }) => ({
    write: () => undefined,
    finish(turn, request) {
      onEvent({
        type: 'final',
        turn,
        request,
        text: '',
        confidence: undefined,
        alternatives: [],
        decodeMs: 0,
        waitMs: 0,
      });
    },
    drop: () => undefined,
    close: () => undefined,
  }),
  close: () => Promise.resolve(),
};

/** Talks with a person of the shop who has answered the telephone. */
export function startTelephoneLeg(media: VoiceMedia, parts: TelephoneLegParts): TelephoneLeg {
  const { clock, log } = parts;
  const nothing = { record: () => undefined, lastSeq: 0, flush: () => Promise.resolve() };
  const line = new VoiceLine(media, {
    ...parts,
    // Only the keys count here; the words are recognised in the call itself.
    stages: { ...parts.stages, recognizer: () => deaf, spelling: undefined },
    callId: '',
    recorder: nothing,
    recording: undefined,
    assess: () => 'unknown',
    onPaused: () => undefined,
    onAudible: () => undefined,
  });
  let onKey: ((key: string) => void) | undefined;
  let isGone = false;
  const gone = (async () => {
    for await (const event of line.events) {
      if (event.type === 'digits') onKey?.(event.digits);
      if (event.type === 'ended') break;
    }
    isGone = true;
    onKey?.('');
    line.close();
  })();

  return {
    gone,
    ask: (summary) =>
      new Promise((resolve) => {
        let asked = 0;
        let cancel: () => void = () => undefined;
        const answer = (decision: TelephoneAnswer) => {
          cancel();
          onKey = undefined;
          line.stop();
          resolve(decision);
        };
        onKey = (key) => {
          if (key.startsWith('1')) answer('taken');
          else if (key.startsWith('2') || isGone) answer('declined');
        };
        const say = () => {
          if (asked === timesAsked || isGone) {
            answer(isGone ? 'declined' : 'no-answer');
            return;
          }
          asked += 1;
          line.say(summary);
          line.listen({ slot: 'accept', kind: 'choice', keys: { min: 1, max: 1 } });
          void line.whenQuiet().then(() => {
            if (onKey) cancel = clock.setTimer(say, askAgainMs);
          });
        };
        say();
      }),
    hear: (samples) => {
      line.sound.play(samples);
    },
    onSpeech: (listener) => {
      line.sound.tap = { caller: listener, kefu: () => undefined };
    },
    hangUp: () => {
      if (isGone) return;
      media.hangup().catch((error: unknown) => {
        log.warn({ err: error }, 'the telephone of a person could not be hung up');
      });
    },
  };
}
