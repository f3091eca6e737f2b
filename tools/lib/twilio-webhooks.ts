import twilio from 'twilio';
import { KefuError, toKefuError } from '../../src/core/errors.ts';
import { parseTwiml, type TwimlInstructions } from './twiml.ts';

const defaultLimitMs = 15_000;

export interface TwilioWebhooksOptions {
  /** Where Kefu listens: `http`, `https`, `ws` or `wss`. */
  readonly url: string;
  /** The address Kefu believes it is called at, where it differs from `url`. */
  readonly publicUrl?: string | undefined;
  readonly authToken?: string | undefined;
  readonly accountSid: string;
  readonly callSid: string;
  readonly from: string;
  readonly to: string;
  /** How long a webhook may take, in milliseconds. Default 15 s, as at Twilio. */
  readonly webhookLimitMs?: number | undefined;
}

/** The webhooks of one call, posted and signed as Twilio does. */
export class TwilioWebhooks {
  readonly #options: TwilioWebhooksOptions;
  readonly #baseUrl: string;
  readonly #signedUrl: string;

  constructor(options: TwilioWebhooksOptions) {
    this.#options = options;
    this.#baseUrl = options.url.replace(/^ws/i, 'http').replace(/\/+$/, '');
    this.#signedUrl = (options.publicUrl ?? this.#baseUrl).replace(/\/+$/, '');
  }

  /** The address and headers with which to open a stream that Kefu has named. */
  stream(streamUrl: string): { readonly url: string; readonly headers: Readonly<Record<string, string>> } {
    return { url: this.#reachable(streamUrl), headers: this.#signature(streamUrl, {}) };
  }

  /**
   * Posts a webhook and reads the instructions of the answer.
   * @param address as Kefu has named it, or a path below Kefu's address.
   * @throws KefuError `server_unreachable`, `signature_invalid` (403) or `protocol_violation`.
   */
  async post(address: string, more: Readonly<Record<string, string>>): Promise<TwimlInstructions> {
    const url = address.startsWith('/') ? this.#signedUrl + address : address;
    const { accountSid, callSid, from, to } = this.#options;
    const form = {
      AccountSid: accountSid,
      ApiVersion: '2010-04-01',
      CallSid: callSid,
      Direction: 'inbound',
      From: from,
      To: to,
      ...more,
    };
    const { status, body } = await this.#fetch(url, form);
    if (status === 403) throw new KefuError('signature_invalid', `Kefu refuses this caller: ${body.trim()}`);
    if (status !== 200) {
      throw new KefuError('protocol_violation', `Kefu answered ${status} to a webhook: ${body.trim()}`);
    }
    return parseTwiml(body);
  }

  async #fetch(
    url: string,
    form: Readonly<Record<string, string>>,
  ): Promise<{ status: number; body: string }> {
    try {
      const response = await fetch(this.#reachable(url), {
        method: 'POST',
        headers: this.#signature(url, form),
        body: new URLSearchParams(form),
        signal: AbortSignal.timeout(this.#options.webhookLimitMs ?? defaultLimitMs),
      });
      return { status: response.status, body: await response.text() };
    } catch (error) {
      // `fetch` says only that it failed; the reason is its cause.
      const reason = toKefuError(error instanceof Error ? (error.cause ?? error) : error).message;
      throw new KefuError('server_unreachable', `Nobody answers at ${this.#baseUrl}: ${reason}`, {
        cause: error,
      });
    }
  }

  /** The address to really use for one that Kefu has named. */
  #reachable(url: string): string {
    const webSocket = (address: string): string => address.replace(/^http/i, 'ws');
    return url
      .replace(this.#signedUrl, this.#baseUrl)
      .replace(webSocket(this.#signedUrl), webSocket(this.#baseUrl));
  }

  #signature(url: string, form: Readonly<Record<string, string>>): Record<string, string> {
    const { authToken } = this.#options;
    return authToken === undefined
      ? {}
      : { 'X-Twilio-Signature': twilio.getExpectedTwilioSignature(authToken, url, form) };
  }
}
