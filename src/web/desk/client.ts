import { systemClock } from '../../core/clock.ts';
import { deskAudio, type DeskRequest } from '../../core/desk.ts';
import type { AgentChoice } from '../../core/handoff.ts';
import type { Language } from '../../core/language.ts';
import { DeskAudio } from '../audio/desk-audio.ts';
import type { JitterStats } from '../audio/jitter.ts';
import { DeskConnection, type DeskSocket } from './connection.ts';
import { Ringer } from './ringer.ts';
import { emptyDesk, reduceDesk, soundContact, soundNeeds, type DeskAction, type DeskState } from './state.ts';

function openSocket(): DeskSocket {
  const url = new URL('/desk/socket', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return new WebSocket(url) as DeskSocket;
}

/**
 * The desk of this tab. It lives outside the pages, so that a conversation goes on while its agent looks at another page of Kefu;
 * pages read its state and give it requests.
 */
export class DeskClient {
  readonly #connection: DeskConnection;
  readonly #listeners = new Set<() => void>();
  readonly #ringer = new Ringer(() => this.audio.prepare());
  readonly audio: DeskAudio;
  /** Peaks, 0 to 1, as last measured; read by the meters at their own pace. */
  readonly levels = { microphone: 0, speaker: 0 };
  jitter: JitterStats | undefined;
  #state = emptyDesk;
  #users = 0;
  #language: Language = 'en';

  constructor() {
    this.audio = new DeskAudio({
      packet: (samples) => this.#connection.sendAudio(samples),
      level: (side, peak) => (this.levels[side] = peak),
      stats: (stats) => (this.jitter = stats),
    });
    this.#connection = new DeskConnection(openSocket, systemClock, {
      link: (link) => this.dispatch({ type: 'link', link }),
      message: (message) => this.dispatch({ type: 'message', message, nowEpochMs: Date.now() }),
      audio: (samples) => {
        if (samples.byteLength === deskAudio.packetBytes) this.audio.play(samples);
      },
    });
    addEventListener('beforeunload', (event) => {
      // The browser asks in its own words whether to leave.
      if (this.#state.contacts.some(({ ended }) => !ended)) event.preventDefault();
    });
  }

  get state(): DeskState {
    return this.#state;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** A page begins to show the desk; the returned function says that it no longer does. */
  use(language: Language): () => void {
    this.#users += 1;
    this.#language = language;
    this.#ringer.language = language;
    if (this.#state.link.state !== 'refused') this.#connection.start(language);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#users -= 1;
      // After the next page had its chance to use it, and never in the middle of something.
      setTimeout(() => this.#stopIfIdle(), 1000);
    };
  }

  /** After the server refused this desk: the person asks for another try. */
  connectAgain(): void {
    this.#connection.start(this.#language);
  }

  /** Sends a request; false, and a problem on the page, when the line is lost. */
  send(request: DeskRequest): boolean {
    const sent = this.#connection.send(request);
    if (!sent) this.dispatch({ type: 'problem', code: 'desk-line-lost', message: '' });
    return sent;
  }

  dispatch(action: DeskAction): void {
    const before = this.#state;
    this.#state = reduceDesk(before, action);
    if (this.#state === before) return;
    this.#ringer.show(this.#state.offers);
    this.#syncSound(before);
    for (const listener of this.#listeners) listener();
  }

  /** Chooses a state. The click that does it also lets this page ring and notify. */
  choose(choice: AgentChoice): void {
    if (choice.state === 'available') {
      this.#prepareSound();
      this.#ringer.askPermission();
    }
    if (!this.send({ type: 'choose', choice })) return;
    for (const { ended, entryId } of this.#state.contacts)
      if (ended) this.dispatch({ type: 'dismiss', entryId });
  }

  accept(entryId: string): void {
    this.#prepareSound();
    this.send({ type: 'accept', entryId });
  }

  decline(entryId: string): void {
    this.send({ type: 'decline', entryId });
  }

  /** Muted at once on this page, whatever the line does; the others are told. */
  mute(on: boolean): void {
    this.dispatch({ type: 'muted', on });
    const contact = soundContact(this.#state);
    if (contact) this.send({ type: 'mute', entryId: contact.entryId, on });
  }

  note(callId: string, text: string): void {
    if (this.send({ type: 'note', callId, text })) this.dispatch({ type: 'noted', callId, text });
  }

  wrapUp(callId: string, code: string): void {
    if (this.send({ type: 'wrap-up', callId, code })) this.dispatch({ type: 'wrapped-up', callId, code });
  }

  #prepareSound(): void {
    this.audio.prepare().catch((error: unknown) => {
      console.error('The loudspeaker could not be opened', error);
      this.dispatch({ type: 'problem', code: 'no-loudspeaker', message: '' });
    });
  }

  #syncSound(before: DeskState): void {
    const { devices, heard } = soundNeeds(this.#state);
    this.audio.setMuted(!heard);
    if (devices === 'none') {
      this.audio.stop();
      this.jitter = undefined;
      return;
    }
    if (this.#state.link.state !== 'open' && before.link.state === 'open') this.audio.clear();
    this.audio.start(devices).catch((error: unknown) => {
      console.error('The microphone could not be opened', error);
      this.dispatch({ type: 'problem', code: 'no-microphone', message: '' });
    });
  }

  #stopIfIdle(): void {
    const { contacts, agent } = this.#state;
    const idle = contacts.every(({ ended }) => ended) && (agent?.state ?? 'offline') === 'offline';
    if (this.#users === 0 && idle) this.#connection.stop();
  }
}

let client: DeskClient | undefined;

/** The one desk of this tab, made when it is first asked for. */
export function deskClient(): DeskClient {
  return (client ??= new DeskClient());
}
