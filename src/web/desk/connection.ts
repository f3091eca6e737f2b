import type { Clock } from '../../core/clock.ts';
import { deskMessageSchema, type DeskMessage, type DeskRequest } from '../../core/desk.ts';
import type { Language } from '../../core/language.ts';

/** What the connection needs of a browser's WebSocket. */
export interface DeskSocket {
  binaryType: string;
  readonly readyState: number;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  send(data: string | ArrayBuffer): void;
  close(code?: number): void;
}

export type DeskLink =
  | { readonly state: 'closed' }
  /** `since`: when the connection was lost; null at the first try. */
  | { readonly state: 'connecting'; readonly lostSinceEpochMs: number | null }
  | { readonly state: 'open' }
  /** The server does not want this desk and says why; it is not asked again by itself. */
  | { readonly state: 'refused'; readonly reason: string };

export interface DeskConnectionListener {
  link(link: DeskLink): void;
  message(message: DeskMessage): void;
  audio(samples: ArrayBuffer): void;
}

const openState = 1;
const firstRetryMs = 500;
const lastRetryMs = 5000;
/** A server that opens the line but does not greet in this time is tried anew. */
const welcomeTimeoutMs = 5000;
/** A close with this code is the server's last word: policy violation (1008). */
const refusedCode = 1008;

/** The wait before the n-th try (from 0) after a loss: twice as long each time, up to 5 s. */
export function retryDelayMs(attempt: number): number {
  return Math.min(lastRetryMs, firstRetryMs * 2 ** attempt);
}

/** The line to `/desk/socket`. It is opened again whenever it is lost; requests that find it lost are refused, not kept. */
export class DeskConnection {
  readonly #open: () => DeskSocket;
  readonly #clock: Clock;
  readonly #listener: DeskConnectionListener;
  #socket: DeskSocket | undefined;
  #cancelTimer: (() => void) | undefined;
  #attempt = 0;
  #welcomed = false;
  #lostSinceEpochMs: number | null = null;
  #language: Language = 'en';

  constructor(open: () => DeskSocket, clock: Clock, listener: DeskConnectionListener) {
    this.#open = open;
    this.#clock = clock;
    this.#listener = listener;
  }

  /** Idempotent; after `refused`, tries again. */
  start(language: Language): void {
    this.#language = language;
    if (this.#socket || this.#cancelTimer) return;
    this.#connect();
  }

  /** Idempotent. */
  stop(): void {
    const socket = this.#detach();
    socket?.close(1000);
    this.#attempt = 0;
    this.#lostSinceEpochMs = null;
    this.#listener.link({ state: 'closed' });
  }

  /** False when the line is lost: nothing was sent. */
  send(request: DeskRequest): boolean {
    if (!this.#welcomed || this.#socket?.readyState !== openState) return false;
    this.#socket.send(JSON.stringify(request));
    return true;
  }

  sendAudio(samples: ArrayBuffer): void {
    if (this.#welcomed && this.#socket?.readyState === openState) this.#socket.send(samples);
  }

  #connect(): void {
    this.#listener.link({ state: 'connecting', lostSinceEpochMs: this.#lostSinceEpochMs });
    const socket = this.#open();
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    this.#cancelTimer = this.#clock.setTimer(() => this.#lost(), welcomeTimeoutMs);
    socket.onopen = () => {
      const hello: DeskRequest = { type: 'hello', language: this.#language };
      socket.send(JSON.stringify(hello));
    };
    socket.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) this.#listener.audio(data);
      else this.#onText(String(data));
    };
    socket.onclose = ({ code, reason }) => {
      if (code !== refusedCode) {
        this.#lost();
        return;
      }
      this.#detach();
      this.#listener.link({ state: 'refused', reason });
    };
  }

  #onText(text: string): void {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (error) {
      console.error('The server sent something that is not JSON', error);
      return;
    }
    const parsed = deskMessageSchema.safeParse(json);
    if (!parsed.success) {
      // A newer server may say more than this page knows; what it does not know it can do without.
      console.warn('The server sent a message that this page does not know', parsed.error.message);
      return;
    }
    this.#listener.message(parsed.data);
    // Told after the message, so that nobody takes what was before the loss for what is now.
    if (parsed.data.type === 'welcome') this.#onWelcome();
  }

  #onWelcome(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#welcomed = true;
    this.#attempt = 0;
    this.#lostSinceEpochMs = null;
    this.#listener.link({ state: 'open' });
  }

  #lost(): void {
    this.#detach()?.close();
    this.#lostSinceEpochMs ??= this.#clock.epochMs();
    this.#listener.link({ state: 'connecting', lostSinceEpochMs: this.#lostSinceEpochMs });
    this.#cancelTimer = this.#clock.setTimer(() => {
      this.#cancelTimer = undefined;
      this.#connect();
    }, retryDelayMs(this.#attempt));
    this.#attempt += 1;
  }

  #detach(): DeskSocket | undefined {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    this.#welcomed = false;
    if (socket) {
      socket.onopen = null;
      socket.onmessage = null;
      socket.onclose = null;
    }
    return socket;
  }
}
