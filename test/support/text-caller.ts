import { once } from 'node:events';
import type { Expecting } from '../../src/core/dialog.ts';
import type { Briefing } from '../../src/core/handoff.ts';
import type { Language } from '../../src/core/language.ts';
import { TestPeer } from './gateway-server.ts';

/** An answer is waited for this long: for a busy machine, not a measurement. */
const answerLimitMs = 30_000;

/** What Kefu did in one turn of a typed conversation. */
export interface TypedAnswer {
  /** Its sentences, joined with a blank. */
  readonly words: string;
  /** The languages of its sentences, in order. */
  readonly languages: readonly Language[];
  /** What it waits for; undefined when the conversation is over. */
  readonly expecting: Expecting | null | undefined;
  readonly transfer: { readonly skill: string; readonly briefing: Briefing } | undefined;
  readonly outcome: string | undefined;
  readonly errors: readonly string[];
}

/** Somebody who types: sends a message and reads until Kefu waits for the next one or ends. */
export class TextCaller {
  readonly peer: TestPeer;
  #read = 0;

  private constructor(peer: TestPeer) {
    this.peer = peer;
  }

  /** Connects and starts; the greeting is the first answer. `url` is Kefu's. */
  static async start(
    url: string,
    start: { readonly from?: string; readonly language?: Language } = {},
  ): Promise<{ caller: TextCaller; greeting: TypedAnswer }> {
    const caller = new TextCaller(await TestPeer.connect(`${url}/channels/text`));
    caller.peer.send({ type: 'start', from: '+15550009999', ...start });
    return { caller, greeting: await caller.#answer() };
  }

  say(text: string): Promise<TypedAnswer> {
    this.peer.send({ type: 'text', text });
    return this.#answer();
  }

  keys(digits: string): Promise<TypedAnswer> {
    this.peer.send({ type: 'digits', digits });
    return this.#answer();
  }

  /** Says goodbye without a word. */
  async leave(): Promise<void> {
    this.peer.socket.close(1000);
    await this.peer.closed;
  }

  async #answer(): Promise<TypedAnswer> {
    const from = this.#read;
    const limit = AbortSignal.timeout(answerLimitMs);
    const noAnswer = once(limit, 'abort').then(() => {
      const got = JSON.stringify(this.peer.texts.slice(from));
      throw new Error(`Kefu neither listened nor ended within ${answerLimitMs / 1000} s. It sent: ${got}`);
    });
    const last = await Promise.race([
      this.peer.text(
        (message) =>
          this.peer.texts.indexOf(message) >= from &&
          ['listening', 'end', 'error'].includes(String(message.type)),
      ),
      noAnswer,
    ]);
    const messages = this.peer.texts.slice(from, this.peer.texts.indexOf(last) + 1);
    this.#read = from + messages.length;
    const says = messages.filter(({ type }) => type === 'say');
    const transfer = messages.find(({ type }) => type === 'transfer');
    return {
      words: says.map(({ text }) => String(text)).join(' '),
      languages: says.map(({ language }) => language as Language),
      expecting: last.type === 'listening' ? (last.expecting as Expecting | null) : undefined,
      transfer: transfer as TypedAnswer['transfer'],
      outcome: last.type === 'end' ? String(last.outcome) : undefined,
      errors: messages.filter(({ type }) => type === 'error').map(({ message }) => String(message)),
    };
  }
}
