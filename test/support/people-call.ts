import type { PeopleCall, Person, PersonEvent, Seat, SeatMode } from '../../src/core/conversation.ts';
import type { DeskMessage } from '../../src/core/desk.ts';
import type { Briefing } from '../../src/core/handoff.ts';
import type { DeskPerson, DeskWire } from '../../src/handoff/desks.ts';
import { profileOf } from './handoff-fixtures.ts';

/** A call whose people and words are kept, for tests of what joins them. */
export class FakePeopleCall implements PeopleCall {
  readonly callId: string;
  readonly channel: 'voice' | 'text';
  /** Who sits in it now, with how. */
  readonly seats = new Map<string, SeatMode>();
  readonly told: PersonEvent[] = [];
  readonly written: string[] = [];
  readonly notes: string[] = [];
  readonly spoken: number[] = [];
  onHold = false;
  transferError: Error | undefined;
  transferredTo: string | undefined;
  readonly #hearing = new Map<string, (samples: Int16Array) => void>();

  constructor(callId: string, channel: 'voice' | 'text' = 'voice') {
    this.callId = callId;
    this.channel = channel;
  }

  /** The newest thing the dialog was told, in words. */
  get lastTold(): string {
    const event = this.told.at(-1);
    return event?.type === 'person-left' ? `person-left ${event.next}` : (event?.type ?? '');
  }

  /** The caller says something. */
  say(samples: Int16Array): void {
    for (const hear of this.#hearing.values()) hear(samples);
  }

  sit({ id }: Person, mode: SeatMode, hear: (samples: Int16Array) => void): Seat {
    this.seats.set(id, mode);
    this.#hearing.set(id, hear);
    return {
      setMode: (next) => void this.seats.set(id, next),
      speak: (samples) => void this.spoken.push(samples.length),
      pause: () => undefined,
      leave: () => {
        this.seats.delete(id);
        this.#hearing.delete(id);
      },
    };
  }

  hold(on: boolean): void {
    this.onHold = on;
  }

  write({ name }: Person, text: string): void {
    this.written.push(`${name}: ${text}`);
  }

  keys(digits: string): void {
    this.notes.push(`keys ${digits}`);
  }

  tell(event: PersonEvent): void {
    this.told.push(event);
  }

  note(name: string, data: Readonly<Record<string, unknown>>): void {
    const what = [data.text, data.code].find((value): value is string => typeof value === 'string');
    this.notes.push(`${name} ${what ?? ''}`);
  }

  transfer(target: string): Promise<void> {
    if (this.transferError) return Promise.reject(this.transferError);
    this.transferredTo = target;
    return Promise.resolve();
  }
}

/** A desk's connection that keeps what it is sent. */
export function fakeWire(): DeskWire & {
  readonly sent: DeskMessage[];
  readonly heard: number[];
  closed: string | undefined;
  ofType<Type extends DeskMessage['type']>(type: Type): Extract<DeskMessage, { type: Type }>[];
} {
  const sent: DeskMessage[] = [];
  const heard: number[] = [];
  return {
    sent,
    heard,
    closed: undefined,
    send: (message) => void sent.push(message),
    sound: (samples) => void heard.push(samples.length),
    close(why) {
      this.closed = why;
    },
    ofType: (type) => sent.filter((message): message is never => message.type === type),
  };
}

export function deskPersonOf(id: string, overrides: Partial<DeskPerson> = {}): DeskPerson {
  return {
    id,
    name: id.toUpperCase(),
    role: 'agent',
    supervises: false,
    profile: profileOf(id, { languages: ['en', 'zh'] }),
    ...overrides,
  };
}

export function briefingOf(callId: string, overrides: Partial<Briefing> = {}): Briefing {
  return {
    callId,
    from: '+15550001111',
    language: 'en',
    reason: 'angry',
    wanted: 'to return a lamp',
    customer: null,
    slots: {},
    done: [],
    summary: 'Somebody wants to return a lamp. Handed over because of anger.',
    ...overrides,
  };
}
