import type { FastifyInstance, FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../core/clock.ts';
import { newCallId } from '../../core/ids.ts';
import { languageSchema, type Language } from '../../core/language.ts';
import type { Logger } from '../../core/log.ts';
import { parseDialTarget, type DialTarget } from '../dial-target.ts';
import { parseJson } from '../json.ts';
import { isDirectLocal } from '../peers.ts';
import type { Ending } from '../twilio/endings.ts';
import { webSocketUrl } from '../twilio/signature.ts';
import type { AllowList } from './admission.ts';
import type { StreamCalls } from './calls.ts';
import { lastWords } from '../last-words.ts';
import type { FollowUp, Sealer, Ticket } from './secrets.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** A webhook request as its signature sees it. */
export interface HookRequest {
  readonly method: 'GET' | 'POST';
  /** The whole address, as the vendor calls it. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly rawBody: string;
  /** Form or JSON fields of the body; for GET those of the query. */
  readonly fields: Fields;
}

/** What a follow-up request says. */
export interface FollowUpNews {
  /** The stream or the dialled leg has only begun: there is nothing to decide yet. */
  readonly tooEarly?: boolean;
  /** True when the caller is gone. */
  readonly over?: boolean;
  /** The vendor's word for how a dialled transfer went. */
  readonly dialled?: string | undefined;
}

/** A vendor's webhooks: how they are signed, what they say, and the documents they are answered with. */
export interface StreamHooks {
  readonly contentType: string;
  readonly signed: (secret: string, request: HookRequest, epochMs: number) => boolean;
  /** Undefined when the request is none of this vendor. */
  readonly call: (
    fields: Fields,
  ) => { readonly carrierCall: string; readonly from: string; readonly to: string } | undefined;
  readonly followUp: (fields: Fields) => FollowUpNews;
  /** The vendor's words for a dialled transfer that somebody took. */
  readonly taken: ReadonlySet<string>;
  readonly connect: (options: {
    /** Without a query. */
    readonly streamUrl: string;
    /** Proof for the stream: `?ticket=` or as the token. */
    readonly ticket: string;
    readonly nextUrl: string;
    readonly to: string;
  }) => string;
  readonly dial: (options: {
    readonly target: DialTarget;
    readonly nextUrl: string;
    readonly ringSeconds: number;
    readonly to: string;
  }) => string;
  readonly hangup: () => string;
  /** Says why the call ends, in the vendor's own voice, and hangs up. */
  readonly apology: (words: string, language: Language) => string;
}

export interface StreamRoutesOptions {
  readonly name: string;
  readonly title: string;
  /** `/streams/<name>` */
  readonly path: string;
  readonly calls: StreamCalls;
  readonly sealer: Sealer;
  readonly taking: () => boolean;
  readonly takeEnding: (carrierCall: string) => Promise<Ending | undefined>;
  readonly webhookSecret: string | undefined;
  readonly publicUrl: string | undefined;
  readonly allow: AllowList | undefined;
  readonly ringSeconds: number;
  readonly defaultLanguage: Language;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A lost stream is replaced this often within one call; then the caller hears an apology. */
export const maxResumptions = 3;

/** `POST` (and `GET`) `<path>/answer` for a new call, `<path>/next?state=` for what comes after its stream. */
export function createStreamRoutes(hooks: StreamHooks, options: StreamRoutesOptions): FastifyPluginCallback {
  const { sealer, calls, log, path, title } = options;

  const baseUrl = (request: FastifyRequest): string =>
    options.webhookSecret !== undefined && options.publicUrl !== undefined
      ? options.publicUrl
      : `http://${request.headers.host ?? 'localhost'}`;

  const connect = (request: FastifyRequest, ticket: Ticket, resumptions: number): string => {
    const base = baseUrl(request);
    const { carrierCall, callId, from, to, language } = ticket;
    const state: FollowUp = { carrierCall, callId, from, to, language, resumptions, dialled: false };
    return hooks.connect({
      streamUrl: webSocketUrl(base) + path,
      ticket: sealer.ticket(ticket),
      nextUrl: nextUrl(base, state),
      to,
    });
  };
  const nextUrl = (base: string, state: FollowUp): string =>
    `${base}${path}/next?state=${sealer.followUp(state)}`;
  const send = (reply: FastifyReply, document: string): FastifyReply =>
    reply.type(hooks.contentType).send(document);
  const apologize = (reply: FastifyReply, why: keyof typeof lastWords, language: Language | undefined) => {
    const spoken = language ?? options.defaultLanguage;
    return send(reply, hooks.apology(lastWords[why][spoken], spoken));
  };

  const answer = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const call = hooks.call(hookRequest(request, baseUrl(request)).fields);
    if (!call) {
      log.warn({}, 'Refused a webhook request that the vendor would not send');
      return plain(reply, 400, `This is no announcement of a call by ${title}.`);
    }
    const query = request.query as Readonly<Record<string, unknown>>;
    const language = languageSchema.optional().safeParse(query.language);
    if (!language.success) return plain(reply, 400, 'language must be en or zh.');
    // An error status makes vendors try the fallback address of the number, which may be another node.
    if (!options.taking()) return plain(reply, 503, 'No calls are taken now.');
    const ticket: Ticket = {
      ...call,
      callId: newCallId(options.clock.epochMs()),
      language: language.data,
      resumes: false,
    };
    log.info(
      { gatewayCallId: call.carrierCall, callId: ticket.callId, pii: { from: call.from } },
      'The vendor announced a call',
    );
    return send(reply, connect(request, ticket, 0));
  };

  const next = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const query = request.query as Readonly<Record<string, unknown>>;
    const state = typeof query.state === 'string' ? sealer.readFollowUp(query.state) : undefined;
    if (!state) {
      log.warn({}, 'Refused a follow-up request whose sealed state is missing or wrong');
      return plain(reply, 403, 'The sealed state of this address is missing or wrong.');
    }
    const { carrierCall, callId, language } = state;
    const callLog = log.child({ gatewayCallId: carrierCall, callId });
    const news = hooks.followUp(hookRequest(request, baseUrl(request)).fields);
    if (news.tooEarly) return reply.code(204).send();
    const { over, dialled } = news;
    const again = (transferFailed: string | undefined): FastifyReply => {
      if (state.resumptions >= maxResumptions) {
        callLog.error(
          { resumptions: state.resumptions },
          'Gave up on a call whose streams keep getting lost',
        );
        return apologize(reply, 'lost', language);
      }
      const resumptions = state.resumptions + 1;
      callLog[transferFailed === undefined ? 'warn' : 'info'](
        { resumptions, transferFailed },
        'Connecting the call again',
      );
      const { from, to } = state;
      const ticket: Ticket = { carrierCall, callId, from, to, language, resumes: true, transferFailed };
      return send(reply, connect(request, ticket, resumptions));
    };
    if (state.dialled) {
      callLog.info({ dialled }, 'A transfer has ended');
      return hooks.taken.has(dialled ?? '') ? send(reply, hooks.hangup()) : again(dialled ?? 'failed');
    }
    const ending = await options.takeEnding(carrierCall);
    if (over) {
      calls.callEnded(carrierCall, 'the vendor reports that the call has ended');
      return send(reply, hooks.hangup());
    }
    switch (ending?.type) {
      case undefined:
        calls.streamLost(carrierCall);
        return again(undefined);
      case 'hangup':
        return send(reply, hooks.hangup());
      case 'rejected':
        return ending.reason === 'not-allowed'
          ? send(reply, hooks.hangup())
          : apologize(reply, 'overloaded', language);
      case 'transfer': {
        const document = hooks.dial({
          target: parseDialTarget(ending.target, title),
          nextUrl: nextUrl(baseUrl(request), { ...state, dialled: true }),
          ringSeconds: options.ringSeconds,
          to: state.to,
        });
        calls.transferTaken(carrierCall);
        callLog.info({}, 'Told the vendor where to transfer the call');
        return send(reply, document);
      }
    }
  };

  const refusal = (request: FastifyRequest): string | undefined => {
    if (options.allow && !options.allow.has(request.socket.remoteAddress))
      return 'This address is not on the list KEFU_STREAM_ALLOW.';
    if (options.webhookSecret === undefined) {
      if (isDirectLocal(request) && request.headers.origin === undefined) return undefined;
      return `Without the secret with which ${title} signs its webhooks only programs of this machine are served.`;
    }
    const good = hooks.signed(
      options.webhookSecret,
      hookRequest(request, options.publicUrl ?? ''),
      options.clock.epochMs(),
    );
    return good
      ? undefined
      : `The signature of ${title} is missing or wrong. Check its secret, and that KEFU_PUBLIC_URL is the address it calls.`;
  };

  return (app, _pluginOptions, done) => {
    keepRawBodies(app);
    app.addHook('preHandler', async (request, reply) => {
      const why = refusal(request);
      if (why === undefined) return;
      log.warn({ path, why, pii: { address: request.socket.remoteAddress } }, 'Refused a webhook request');
      await plain(reply, 403, why);
    });
    app.route({ method: ['GET', 'POST'], url: `${path}/answer`, handler: answer });
    app.route({ method: ['GET', 'POST'], url: `${path}/next`, handler: next });
    done();
  };
}

interface RawBody {
  readonly raw: string;
  readonly fields: Fields;
}

/** Signatures are made over bodies as they came, so parsing keeps them. Applies to this plugin's routes only. */
function keepRawBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const parse = (name: string, fieldsOf: (raw: string) => Fields | undefined): void => {
    app.addContentTypeParser(name, { parseAs: 'string', bodyLimit: 64 * 1024 }, (_request, raw, done) => {
      const text = raw.toString();
      const fields = fieldsOf(text);
      if (fields) done(null, { raw: text, fields } satisfies RawBody);
      else done(Object.assign(new Error('The body cannot be read.'), { statusCode: 400 }));
    });
  };
  parse('application/x-www-form-urlencoded', (raw) => Object.fromEntries(new URLSearchParams(raw)));
  parse('application/json', (raw) => {
    const json = parseJson(raw);
    const isObject = json.ok && typeof json.value === 'object' && json.value !== null;
    return isObject ? (json.value as Fields) : undefined;
  });
}

function hookRequest(request: FastifyRequest, baseUrl: string): HookRequest {
  const body = request.body as RawBody | undefined;
  const { url = '', headers } = request.raw;
  return {
    method: request.method === 'GET' ? 'GET' : 'POST',
    url: baseUrl + url,
    headers,
    rawBody: body?.raw ?? '',
    fields: body?.fields ?? (request.query as Fields),
  };
}

function plain(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).type('text/plain; charset=utf-8').send(`${message}\n`);
}
