import type { Clock } from '../core/clock.ts';
import type {
  CallPlace,
  PeopleCall,
  Person,
  PersonEvent,
  PersonWish,
  Seat,
  SeatMode,
  Switchboard,
} from '../core/conversation.ts';
import type { DialogEffect, DialogEvent } from '../core/dialog.ts';
import type { queueChanges } from '../core/events.ts';
import { takenOverBriefing, type Briefing } from '../core/handoff.ts';
import type { Language } from '../core/language.ts';
import type { Logger } from '../core/log.ts';
import { dtmfTone } from '../media/tones.ts';
import type { RecordingStore } from '../core/store.ts';
import type { Line } from './line.ts';
import { PeopleEars } from './people-ears.ts';
import type { CallRecorder } from './recorder.ts';
import { Room, roomRateHz } from './room.ts';
import type { VoiceStages } from './voice-line.ts';
import { Voicemail } from './voicemail.ts';

export interface PeopleSideParts {
  readonly callId: string;
  readonly line: Line;
  readonly switchboard: Switchboard;
  readonly recorder: CallRecorder;
  readonly stages: VoiceStages;
  readonly clock: Clock;
  readonly log: Logger;
  readonly language: Language;
  /** Where the sound of messages is kept; undefined: only their words are. */
  readonly voicemails: RecordingStore | undefined;
  /** Something for the dialog. */
  readonly deliver: (event: PersonEvent | Extract<DialogEvent, { type: 'voicemail-finished' }>) => void;
  readonly transfer: (target: string, briefing: Briefing) => Promise<void>;
}

type QueueChange = (typeof queueChanges)[number];
type TransferEffect = Extract<DialogEffect, { type: 'transfer' }>;

/** The people in a call: the way to them, who sits in it, and what they say and hear. */
export class PeopleSide implements PeopleCall {
  readonly callId: string;
  readonly channel: 'voice' | 'text';
  readonly #parts: PeopleSideParts;
  readonly #place: CallPlace;
  readonly #room: Room | undefined;
  readonly #seats = new Set<Seat>();
  #briefing: Briefing | undefined;
  /** What was asked for and not answered yet. */
  #asked: Pick<TransferEffect, 'skill' | 'target' | 'briefing'> | undefined;
  #voicemail: Voicemail | undefined;
  #lines = 0;
  #waiting = false;
  #talking = false;
  #onHold = false;
  #closed = false;

  constructor(parts: PeopleSideParts) {
    this.#parts = parts;
    this.callId = parts.callId;
    const { line, clock } = parts;
    this.channel = line.channel;
    const { sound } = line;
    this.#room =
      sound &&
      new Room({
        clock,
        hear: (samples) => {
          sound.play(samples);
        },
      });
    this.#place = parts.switchboard.register(this, parts.language);
  }

  /** True while a person has the caller: nothing that is said concerns the dialog. */
  get talking(): boolean {
    return this.#talking;
  }

  /** The caller shall have a person; what comes of it is delivered. */
  request(effect: TransferEffect, language: Language): void {
    this.#record('asked');
    this.#briefing = effect.briefing;
    this.#asked = { skill: effect.skill, target: 'queue', briefing: effect.briefing };
    this.#parts.recorder.record({ type: 'transfer', ...this.#asked, ok: null, code: null });
    this.#waiting = true;
    this.#music();
    this.#place.request(wishOf(effect, effect.skill, language));
  }

  /** What else the dialog wants of people. */
  carryOut(
    effect: Extract<DialogEffect, { type: 'leave-queue' | 'callback' | 'voicemail' }>,
    language: Language,
  ): void {
    if (effect.type === 'leave-queue') this.#leaveQueue();
    else if (effect.type === 'callback') this.#callback(effect, language);
    else this.#takeMessage(effect, language);
  }

  #leaveQueue(): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#music();
    this.#record('left');
    this.#place.leaveQueue();
  }

  #callback(effect: Extract<DialogEffect, { type: 'callback' }>, language: Language): void {
    this.#waiting = false;
    this.#music();
    this.#record('callback');
    this.#place.callback(effect.number, wishOf(effect, 'general', language), effect.resume);
  }

  #takeMessage(effect: Extract<DialogEffect, { type: 'voicemail' }>, language: Language): void {
    const { clock, line, voicemails } = this.#parts;
    this.#voicemail = new Voicemail({
      clock,
      limitMs: effect.limitMs,
      writer: voicemails?.open(this.callId, roomRateHz),
      listen: (expecting) => {
        line.listen(expecting);
      },
      onEnd: ({ text, durationMs }) => {
        this.#voicemail = undefined;
        this.#tapSound();
        const ok = text !== '';
        this.note('voicemail', { text, durationMs });
        if (ok) this.#place.message(text, wishOf(effect, 'general', language));
        this.#parts.deliver({ type: 'voicemail-finished', ok, durationMs });
      },
    });
    this.#tapSound();
  }

  /** The message that is being left, if any. */
  get voicemail(): Voicemail | undefined {
    return this.#voicemail;
  }

  tell(event: PersonEvent): void {
    if (this.#closed) return;
    if (event.type === 'queue-position') this.#record('place', event.position, event.waitMs);
    else this.#record(changeOf(event));
    if (event.type === 'person-joined') this.#answered();
    this.#waiting =
      event.type === 'queue-position' ||
      (event.type === 'person-left' && (event.next === 'lost' || event.next === 'queue'));
    this.#talking = event.type === 'person-joined';
    if (this.#talking || event.type === 'person-left') this.#setHold(false);
    if (this.#talking) this.#parts.line.stop();
    this.#music();
    this.#parts.deliver(event);
  }

  sit(person: Person, mode: SeatMode, hear: (samples: Int16Array) => void): Seat {
    const { recorder, line, clock, log, language } = this.#parts;
    const room = this.#room;
    const chair = room?.sit(mode, hear);
    const ears =
      room &&
      new PeopleEars({
        stages: this.#parts.stages,
        clock,
        log,
        language,
        onSaid: (text) => {
          if (chair?.mode === 'talk') this.#said(person, text);
        },
      });
    this.#tapSound();
    const record = (change: 'joined' | 'left' | 'mode', now: SeatMode | null) => {
      recorder.record({ type: 'person', change, personId: person.id, name: person.name, mode: now });
    };
    record('joined', mode);
    let left = false;
    const seat: Seat = {
      setMode: (next) => {
        if (left || !chair || chair.mode === next) return;
        chair.mode = next;
        record('mode', next);
      },
      speak: (samples) => {
        if (left) return;
        chair?.speak(samples);
        if (chair?.mode === 'talk') ears?.hear(samples);
      },
      pause: () => ears?.pause(),
      leave: () => {
        if (left) return;
        left = true;
        chair?.leave();
        ears?.close();
        this.#seats.delete(seat);
        this.#tapSound();
        record('left', null);
      },
    };
    this.#seats.add(seat);
    // The caller hears the person at once, and nothing of Kefu over them.
    if (mode === 'talk') line.stop();
    return seat;
  }

  hold(on: boolean): void {
    if (on === this.#onHold || this.#closed) return;
    this.#setHold(on);
    this.#music();
  }

  write(person: Person, text: string): void {
    if (this.#closed || this.channel !== 'text') return;
    this.#parts.line.write(person.name, text, this.#parts.language);
    this.#said(person, text);
  }

  keys(digits: string): void {
    for (const digit of digits) this.#parts.line.sound?.play(dtmfTone(digit, roomRateHz));
    this.note('keys', { digits: digits.length });
  }

  note(name: string, data: Readonly<Record<string, unknown>>): void {
    this.#parts.recorder.record({ type: 'note', name, data: { ...data } });
  }

  async transfer(target: string): Promise<void> {
    this.#talking = false;
    this.#waiting = false;
    this.#music();
    await this.#parts.transfer(
      target,
      this.#briefing ?? takenOverBriefing(this.callId, this.#parts.language),
    );
  }

  /** The call is over: everybody leaves. `mayReturn`: only the stream is lost, and the caller may come back. Idempotent. */
  close(mayReturn: boolean): void {
    if (this.#closed) return;
    this.#voicemail?.end();
    this.#closed = true;
    this.#parts.line.sound?.music(false);
    for (const seat of [...this.#seats]) seat.leave();
    this.#place.ended(mayReturn);
  }

  #answered(): void {
    if (this.#asked) this.#parts.recorder.record({ type: 'transfer', ...this.#asked, ok: true, code: null });
    this.#asked = undefined;
  }

  #said(person: Person, text: string): void {
    this.#lines += 1;
    this.#parts.recorder.record({
      type: 'person-said',
      personId: person.id,
      name: person.name,
      line: this.#lines,
      text,
    });
  }

  #setHold(on: boolean): void {
    this.#onHold = on;
    if (this.#room) this.#room.onHold = on;
  }

  /** While the caller waits or is on hold there is music. */
  #music(): void {
    this.#parts.line.sound?.music((this.#waiting || this.#onHold) && !this.#closed);
  }

  #tapSound(): void {
    const room = this.#room;
    const { sound } = this.#parts.line;
    if (!sound || !room) return;
    const message = this.#voicemail;
    sound.tap =
      room.isEmpty && !message
        ? undefined
        : {
            caller: (samples) => {
              message?.hear(samples);
              room.fromCaller(samples);
            },
            kefu: (samples) => {
              room.fromKefu(samples);
            },
          };
  }

  #record(change: QueueChange, position: number | null = null, waitMs: number | null = null): void {
    this.#parts.recorder.record({ type: 'queue', change, position, waitMs });
  }
}

function changeOf(event: Exclude<PersonEvent, { type: 'queue-position' }>): QueueChange {
  if (event.type === 'queue-refused') return 'refused';
  if (event.type === 'person-joined') return 'answered';
  return event.next === 'lost' ? 'broken' : event.next === 'queue' ? 'on' : 'released';
}

function wishOf(
  effect: Pick<TransferEffect, 'briefing'> & Partial<Pick<TransferEffect, 'queue' | 'anger' | 'value'>>,
  skill: string,
  language: Language,
): PersonWish {
  const { briefing } = effect;
  return {
    briefing,
    contact: {
      queue: effect.queue ?? skill,
      reason: briefing.reason,
      anger: effect.anger ?? 0,
      value: effect.value ?? 0,
      language,
      skills: [],
    },
  };
}
