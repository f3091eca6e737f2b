import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import formbody from '@fastify/formbody';
import Fastify, { type FastifyInstance } from 'fastify';
import twilio from 'twilio';
import { z } from 'zod';
import type { TwilioHttpClient } from '../../src/telephony/twilio/dialer.ts';
import type { TestPeer } from './gateway-server.ts';
import { connectOf, openStream, parseTwiml, postWebhook, type Connect } from './twilio.ts';

/** What happens at a number that is called. `rings` rings until the call is ended; `silent` is answered, but no stream opens. */
export type Callee =
  | 'answers'
  | 'silent'
  | 'rings'
  | { readonly status: string; readonly SipResponseCode?: string }
  | { readonly refusal: { readonly status: number; readonly code: number } };

/** A call made at the API. */
export interface MadeCall {
  readonly sid: string;
  readonly form: Readonly<Record<string, string>>;
  /** What the webhook for the answer said. */
  readonly document?: unknown;
  readonly connect?: Connect;
  readonly peer?: TestPeer;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const formSchema = z.record(z.string(), z.string());

/**
 * Twilio's API for calls as Twilio documents it (Voice, Calls resource: create, update), on a real HTTP server, together with what
 * Twilio does then: webhooks and stream, signed.
 */
export class TwilioApi {
  readonly calls: Mutable<MadeCall>[] = [];
  /** Requests that were refused, since their credentials are not those of the account. */
  readonly strangers: string[] = [];
  /** Calls that were told to end. */
  readonly ended: string[] = [];
  callee: Callee = 'answers';
  readonly #app: FastifyInstance = Fastify();
  readonly #options: {
    readonly kefuUrl: () => string;
    readonly publicUrl: string;
    readonly authToken: string;
  };
  readonly #credentials: string;
  #port = 0;

  private constructor(
    options: { kefuUrl: () => string; publicUrl: string; authToken: string },
    account: { accountSid: string; user: string; password: string },
  ) {
    this.#options = options;
    this.#credentials = `Basic ${Buffer.from(`${account.user}:${account.password}`).toString('base64')}`;
    this.#app.register(formbody);
    this.#app.addHook('onRequest', async (request, reply) => {
      if (request.headers.authorization === this.#credentials) return;
      this.strangers.push(request.url);
      await reply.code(401).send({ code: 20003, message: 'Authenticate', status: 401 });
    });
    const path = `/2010-04-01/Accounts/${account.accountSid}/Calls`;
    this.#app.post(`${path}.json`, async (request, reply) => {
      const form = formSchema.parse(request.body);
      if (typeof this.callee === 'object' && 'refusal' in this.callee) {
        const { status, code } = this.callee.refusal;
        return reply.code(status).send({ code, message: `The number ${form.To ?? ''} is refused`, status });
      }
      const call: Mutable<MadeCall> = { sid: `CA${randomBytes(16).toString('hex')}`, form };
      this.calls.push(call);
      const happens = this.#happen(call, this.callee);
      // The webhook may well come before the answer to the request does.
      if (this.callee === 'answers') await happens;
      return reply.code(201).send({ sid: call.sid, status: 'queued', to: form.To, from: form.From });
    });
    this.#app.post<{ Params: { sid: string } }>(`${path}/:sid.json`, async (request, reply) => {
      const { Status } = formSchema.parse(request.body);
      if (Status !== 'completed')
        return reply.code(400).send({ code: 20001, message: 'Status', status: 400 });
      this.ended.push(request.params.sid);
      return reply.send({ sid: request.params.sid, status: 'canceled' });
    });
  }

  static async listen(
    options: { kefuUrl: () => string; publicUrl: string; authToken: string },
    account: { accountSid: string; user: string; password: string },
  ): Promise<TwilioApi> {
    const api = new TwilioApi(options, account);
    await api.#app.listen({ host: '127.0.0.1', port: 0 });
    api.#port = (api.#app.server.address() as AddressInfo).port;
    return api;
  }

  /** A client whose requests reach this server instead of Twilio's. */
  client(): TwilioHttpClient {
    const client = new twilio.RequestClient({ timeout: 10_000 });
    const send = client.request.bind(client);
    client.request = (options) =>
      send({
        ...options,
        uri: options.uri.replace('https://api.twilio.com', `http://127.0.0.1:${this.#port}`),
      });
    return client;
  }

  /** Opens the stream that the answer to the webhook has named, as Twilio does. */
  async openStream(call: Mutable<MadeCall>, connect: Connect): Promise<void> {
    const { kefuUrl, publicUrl, authToken } = this.#options;
    const signature = twilio.getExpectedTwilioSignature(authToken, connect.streamUrl, {});
    const streamUrl = connect.streamUrl.replace(publicUrl.replace('http', 'ws'), kefuUrl());
    const opened = await openStream(
      { ...connect, streamUrl },
      { callSid: call.sid, headers: { 'X-Twilio-Signature': signature } },
    );
    call.peer = opened.peer;
  }

  /** Posts a webhook of the call, signed. */
  async tell(call: MadeCall, address: string, more: Readonly<Record<string, string>>): Promise<string> {
    const { kefuUrl, publicUrl, authToken } = this.#options;
    const { To = '', From = '' } = call.form;
    const form = { CallSid: call.sid, Direction: 'outbound-api', From, To, ...more };
    const answer = await postWebhook(address.replace(publicUrl, kefuUrl()), form, {
      authToken,
      signedUrl: address,
    });
    if (answer.status >= 300) throw new Error(`a webhook was answered with ${answer.status}: ${answer.body}`);
    return answer.body;
  }

  /** Somebody answers the call. */
  async answer(call: Mutable<MadeCall>, opensStream: boolean): Promise<void> {
    const body = await this.tell(call, call.form.Url ?? '', { CallStatus: 'in-progress' });
    call.document = parseTwiml(body);
    if (!body.includes('<Connect')) return;
    call.connect = connectOf(body);
    if (opensStream) await this.openStream(call, call.connect);
  }

  async close(): Promise<void> {
    for (const { peer } of this.calls) peer?.vanish();
    await this.#app.close();
  }

  async #happen(call: Mutable<MadeCall>, callee: Callee): Promise<void> {
    if (callee === 'answers' || callee === 'silent') await this.answer(call, callee === 'answers');
    if (typeof callee === 'object' && 'status' in callee) {
      const { status, ...more } = callee;
      await this.tell(call, call.form.StatusCallback ?? '', { CallStatus: status, ...more });
    }
  }
}
