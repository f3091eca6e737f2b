import type { Clock } from '../core/clock.ts';
import type { Expecting } from '../core/dialog.ts';
import type { EmotionEstimator } from '../core/emotion.ts';
import { KefuError } from '../core/errors.ts';
import type { EventBus } from '../core/events.ts';
import type { Language } from '../core/language.ts';
import type { Logger } from '../core/log.ts';
import { AsyncQueue } from '../core/queue.ts';
import type {
  SpelledReading,
  SpeechRecognizer,
  SpellingQuestion,
  SpellingRecognizer,
} from '../core/recognition.ts';
import { writtenText, type SpeechSynthesizer } from '../core/speech.ts';
import type { RecordingWriter } from '../core/store.ts';
import type { EndReason, VoiceMedia } from '../core/telephony.ts';
import type { Completeness, DigitCollector, TurnDetector, VoiceActivityDetector } from '../core/turn.ts';
import { createCodec, type Codec } from '../media/codec.ts';
import { createInbound } from '../media/inbound.ts';
import { createPlayout } from '../media/playout.ts';
import { Ears, type HeardTurn } from './ears.ts';
import { LineSound } from './line-sound.ts';
import type { CallerTurn, Line, LineEvent } from './line.ts';
import { Mouth } from './mouth.ts';
import type { CallRecorder } from './recorder.ts';
import { TurnSound } from './turn-sound.ts';

/** The rate at which speech is recognised. */
const listeningRateHz = 16_000;
/** Inbound packets may be missing this long before the call counts as dead. */
const mediaTimeoutMs = 60_000;
/** Words still queued when a call is to end get this long to be heard. */
const lastWordsLimitMs = 60_000;

/** The stages of a voice call, each known only by its port. */
export interface VoiceStages {
  readonly recognizer: (language: Language) => SpeechRecognizer;
  /** Undefined where its model was not fetched: spelled strings are then left to the general recogniser. */
  readonly spelling?: SpellingRecognizer | undefined;
  readonly synthesizer: SpeechSynthesizer;
  createVoiceActivity(): VoiceActivityDetector;
  createTurnDetector(): TurnDetector;
  createDigitCollector(): DigitCollector;
}

export interface VoiceLineParts {
  readonly stages: VoiceStages;
  readonly recorder: CallRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly bus: EventBus;
  readonly callId: string;
  readonly language: Language;
  readonly recording: RecordingWriter | undefined;
  /** Undefined: nobody asks what the caller's voice is like. */
  readonly emotion?: Pick<EmotionEstimator, 'listen'> | undefined;
  assess(text: string, expecting: Expecting | null, spelled?: SpelledReading): Completeness;
  /** A text that may be the whole turn: time to get an answer ready. `tellComplete` says that it is a whole request. */
  onPaused(text: string, spelled: SpelledReading | undefined, tellComplete: () => void): void;
  /** Something of Kefu's words has been heard. */
  onAudible(): void;
}

/**
 * A spoken call as a line: ears, mouth and keys joined.
 *
 *     media.events -> inbound -> ears -> turns  -> events
 *                  \-> digits -> collector ----/
 *     say -> mouth -> playout -> media.send
 */
export class VoiceLine implements Line {
  readonly channel = 'voice';
  readonly events = new AsyncQueue<LineEvent>();
  readonly sound: LineSound;
  readonly #media: VoiceMedia;
  readonly #parts: VoiceLineParts;
  readonly #ears: Ears;
  readonly #mouth: Mouth;
  readonly #digits: DigitCollector;
  readonly #inbound: ReturnType<typeof createInbound>;
  readonly #playout: ReturnType<typeof createPlayout>;
  readonly #sound: TurnSound | undefined;
  readonly #codec: Codec;
  readonly #abort = new AbortController();
  /** Kefu's words were stopped for the speech now heard: what it says is an interruption, unless it turns out to be nothing. */
  #interrupted = false;
  /** The turn whose answer has not been heard yet. */
  #unanswered: HeardTurn | undefined;
  #closed = false;

  constructor(media: VoiceMedia, parts: VoiceLineParts) {
    this.#media = media;
    this.#parts = parts;
    const { stages, clock, recording } = parts;
    this.#sound = parts.emotion && new TurnSound();
    this.#digits = stages.createDigitCollector();
    this.#ears = new Ears(
      {
        voiceActivity: stages.createVoiceActivity(),
        turnDetector: stages.createTurnDetector(),
        recognizer: stages.recognizer(parts.language),
        clock,
        log: parts.log,
        spelling: stages.spelling,
        assess: (text, expecting, spelled) => parts.assess(text, expecting, spelled),
      },
      this.#earsListener(),
      parts.language,
    );
    this.#mouth = new Mouth(stages.synthesizer, this.#mouthListener(), parts.log, clock);
    const codec = createCodec(media.format.codec);
    this.#codec = codec;
    this.#playout = createPlayout({
      format: media.format,
      codec,
      clock,
      send: (payload) => media.send(payload),
      mark: (name) => media.mark(name),
      clear: () => media.clear(),
      onEvent: (event) => this.#mouth.onPlayout(event),
      onError: (error) => parts.log.error({ err: error }, 'speaking in a call failed'),
      onAudio: (samples, atMs) => {
        recording?.write('kefu', this.#inbound.toMediaMs(atMs), samples);
        this.sound.said(samples);
      },
    });
    this.#mouth.attach(this.#playout);
    this.sound = new LineSound({
      media,
      codec,
      clock,
      isSpeaking: () => this.#mouth.speaking,
      onSent:
        recording && ((samples) => recording.write('kefu', this.#inbound.toMediaMs(clock.nowMs()), samples)),
      onError: (error) => parts.log.error({ err: error }, 'playing music in a call failed'),
    });
    this.#inbound = createInbound({
      format: media.format,
      codec,
      outputRateHz: listeningRateHz,
      clock,
      onFrame: (frame) => {
        this.#sound?.hear(frame);
        this.sound.tap?.caller(frame.samples);
        this.#ears.hear(frame);
        this.#takeDigits(this.#digits.tick(this.#ears.mediaMs));
      },
      ...(recording && {
        onAudio: (samples: Int16Array, mediaMs: number) => recording.write('caller', mediaMs, samples),
      }),
      stallAfterMs: mediaTimeoutMs,
      onError: (error) => parts.log.error({ err: error }, 'listening to a call failed'),
      onStall: () => void this.#end('media-timeout', 'No audio packet came for a minute.'),
    });
    void this.#read();
  }

  say(utterance: Parameters<Line['say']>[0]): void {
    this.#mouth.say(utterance);
    // Words must not start while the caller is speaking: they wait until it is clear what the caller said.
    if (this.#ears.hearsSpeech && !this.#mouth.speaking) this.#mouth.hold();
  }

  listen(expecting: Expecting, spelling?: SpellingQuestion): void {
    this.#digits.expect(expecting);
    this.#ears.listen(expecting, spelling);
    this.#media.notify?.({ type: 'listening', expecting });
  }

  stop(): void {
    this.#mouth.stop();
  }

  release(): void {
    this.#mouth.release();
  }

  setLanguage(): void {
    // One recogniser and voice serve the call until a recogniser of the other language is fetched; the synthesiser follows each utterance.
  }

  write(): void {
    // Nobody reads on a telephone.
  }

  async transfer(_skill: string, target: string, briefing: Parameters<Line['transfer']>[2]): Promise<void> {
    await this.#lastWords();
    if (this.#closed) throw new KefuError('aborted', 'The call ended before it was handed over.');
    await this.#media.transfer(target, briefing, this.#abort.signal);
  }

  /** Settles when everything queued has been heard or dropped. */
  whenQuiet(): Promise<void> {
    return this.#mouth.whenQuiet();
  }

  async hangup(): Promise<void> {
    await this.#lastWords();
    await this.#media.hangup();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#recordQuality();
    this.#abort.abort();
    this.sound.close();
    this.#mouth.close();
    this.#ears.close();
    this.#inbound.close();
    this.#playout.close();
    this.#codec.close?.();
    this.events.close();
  }

  #recordQuality(): void {
    const quality = this.#media.quality?.();
    if (!quality) return;
    const { tooLate, concealedMs, filledMs, waitMs } = this.#inbound.stats();
    const { lostByPeer = null, jitterByPeerMs = null, roundTripMs = null, oneWay = null } = quality;
    this.#parts.recorder.record({
      ...{ type: 'line-quality', ...quality, lostByPeer, jitterByPeerMs, roundTripMs, oneWay },
      ...{ tooLate, concealedMs, filledMs, waitMs },
    });
  }

  async #read(): Promise<void> {
    try {
      for await (const event of this.#media.events) {
        switch (event.type) {
          case 'packet':
            this.#inbound.push(event);
            break;
          case 'digit':
            // A `#` after an answer that was complete without it says nothing: the words that answer it go on.
            if (event.digit !== '#') this.#mouth.stop();
            this.#ears.digit();
            this.#takeDigits(this.#digits.push(event.digit, this.#ears.mediaMs));
            break;
          case 'mark':
            this.#playout.onMark(event.name);
            break;
          case 'ended':
            this.events.push({ type: 'ended', reason: event.reason, detail: event.detail });
            this.close();
            return;
        }
      }
      await this.#end('gateway-lost', 'The gateway ended without a word.');
    } catch (error) {
      this.#parts.log.error({ err: error }, 'reading a call failed');
      await this.#end('gateway-lost', String(error));
    }
  }

  async #end(reason: EndReason, detail: string): Promise<void> {
    if (this.#closed) return;
    this.events.push({ type: 'ended', reason, detail });
    this.close();
    await this.#media.hangup();
  }

  #takeDigits(digits: string | undefined): void {
    if (digits !== undefined) this.events.push({ type: 'digits', digits });
  }

  /** Waits until the queued words have been heard, the call has ended, or the limit has run out. */
  async #lastWords(): Promise<void> {
    let cancel: () => void = () => undefined;
    const limit = new Promise<void>((resolve) => {
      cancel = this.#parts.clock.setTimer(resolve, lastWordsLimitMs);
    });
    await Promise.race([this.#mouth.whenQuiet(), limit]);
    cancel();
  }

  /** Silences Kefu for the caller's speech; the words are kept until it is clear that it was speech. */
  #makeWay(): void {
    this.#interrupted = true;
    this.#mouth.hold();
  }

  #giveBack(): void {
    this.#interrupted = false;
    this.#mouth.release();
  }

  /** What the voice in a turn was like. A voice that cannot be judged must not cost the caller the turn. */
  #listenAgain({ startMs, endMs }: HeardTurn): CallerTurn['sound'] {
    const { emotion, log } = this.#parts;
    const samples = this.#sound?.between(startMs, endMs);
    if (!emotion || !samples) return undefined;
    try {
      return emotion.listen(samples);
    } catch (error) {
      log.error({ err: error }, 'a voice could not be judged');
      return undefined;
    }
  }

  #earsListener(): ConstructorParameters<typeof Ears>[1] {
    const { recorder } = this.#parts;
    return {
      speechStarted: (turn, mediaMs) => {
        recorder.record({ type: 'speech-started', turn, mediaMs });
        this.#media.notify?.({ type: 'speech-started' });
        // An answer that nobody has heard yet gives way at once: the caller was not finished.
        if (!this.#mouth.speaking && this.#mouth.busy) this.#makeWay();
      },
      partial: (turn, text, mediaMs) => {
        recorder.record({ type: 'partial', turn, text, mediaMs });
        this.#media.notify?.({ type: 'partial', text });
      },
      paused: (text, spelled) => this.#parts.onPaused(text, spelled, () => this.#ears.confirmComplete(text)),
      turn: (turn) => {
        this.#unanswered = turn;
        this.#media.notify?.({ type: 'heard', text: turn.text });
        if (this.#mouth.speaking) this.#makeWay();
        const interrupted = this.#interrupted;
        this.#interrupted = false;
        this.events.push({ type: 'turn', turn: { ...turn, sound: this.#listenAgain(turn) }, interrupted });
      },
      noise: () => this.#giveBack(),
      unintelligible: () => {
        if (!this.#mouth.busy) this.events.push({ type: 'unintelligible' });
        this.#giveBack();
      },
      bargeIn: (mediaMs) => {
        recorder.record({ type: 'barge-in', mediaMs });
        this.#makeWay();
      },
      falseBargeIn: (mediaMs) => {
        recorder.record({ type: 'false-barge-in', mediaMs });
        this.#giveBack();
      },
      noInput: () => {
        if (!this.#mouth.busy) this.events.push({ type: 'no-input' });
      },
      failed: (message) => {
        this.#giveBack();
        this.events.push({ type: 'asr-failed', message });
      },
    };
  }

  #mouthListener(): ConstructorParameters<typeof Mouth>[1] {
    const { recorder, bus, callId } = this.#parts;
    const media = (clockMs: number | undefined) =>
      clockMs === undefined ? null : Math.round(this.#inbound.toMediaMs(clockMs));
    return {
      saying: (utterance, id) => {
        const { promptId, language } = utterance;
        const text = writtenText(utterance);
        recorder.record({ type: 'say', utterance: id, promptId, text, language });
        this.#media.notify?.({ type: 'say', text });
      },
      heard: (utterance, text, complete, startedMs) => {
        const startMs = media(startedMs);
        const endMs = startMs === null ? null : media(this.#parts.clock.nowMs());
        recorder.record({ type: 'heard', utterance, text, complete, startMs, endMs });
      },
      playing: (speaking, interruptible) => this.#ears.playback(speaking, interruptible),
      audible: (_id, clockMs) => {
        this.#parts.onAudible();
        const turn = this.#unanswered;
        if (!turn) return;
        this.#unanswered = undefined;
        const gapMs = clockMs - this.#inbound.toClockMs(turn.endMs);
        recorder.record({ type: 'response-gap', turn: turn.turn, gapMs: Math.round(gapMs) });
      },
      failed: (message) => this.events.push({ type: 'tts-failed', message }),
      late: (lateMs) => bus.publish('packet-late', { callId, lateMs }),
    };
  }
}
