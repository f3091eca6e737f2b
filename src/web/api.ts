import type { z } from 'zod';
import type { CallEvent } from '../core/events.ts';
import type { PerLanguage } from '../core/language.ts';
import type { CallSummary } from '../core/store.ts';

const tokenKey = 'kefu.apiToken';

/** The server wants its API token. */
export class TokenNeeded extends Error {}

/** The server answered that there is no such thing, or that it does not serve it. */
class Missing extends Error {}

export function isMissing(error: unknown): boolean {
  return error instanceof Missing;
}

/** Told when what the server lets this page do may be another than before: a token was given, or the session is over. */
export const accessChanged = new EventTarget();
const announce = () => accessChanged.dispatchEvent(new Event('change'));

export function setApiToken(token: string): void {
  sessionStorage.setItem(tokenKey, token);
  announce();
}

/** A person has logged in, or a program's token is no longer wanted here. */
export function forgetApiToken(): void {
  sessionStorage.removeItem(tokenKey);
}

/** The header with the API token, if one was given. */
export function tokenHeader(): Record<string, string> {
  const token = sessionStorage.getItem(tokenKey);
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

async function request(
  path: string,
  signal: AbortSignal,
  headers: Record<string, string> = {},
): Promise<Response> {
  const response = await fetch(path, { signal, headers: { ...headers, ...tokenHeader() } });
  if (response.status === 401) {
    announce();
    throw new TokenNeeded();
  }
  if (response.status === 404) throw new Missing(`404 ${await response.text()}`);
  if (!response.ok) {
    const text = await response.text();
    throw new Error(`${String(response.status)} ${text}`);
  }
  return response;
}

/** Loads and checks an answer of the server. */
export async function loadJson<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  signal: AbortSignal,
): Promise<z.output<Schema>> {
  const response = await request(path, signal);
  return schema.parse(await response.json());
}

export async function listCalls(before: string | undefined, signal: AbortSignal): Promise<CallSummary[]> {
  const query = before === undefined ? '' : `&before=${encodeURIComponent(before)}`;
  const response = await request(`/api/calls?limit=50${query}`, signal);
  return ((await response.json()) as { calls: CallSummary[] }).calls;
}

export async function getCall(
  id: string,
  signal: AbortSignal,
): Promise<{ call: CallSummary; events: CallEvent[] }> {
  const response = await request(`/api/calls/${encodeURIComponent(id)}`, signal);
  return (await response.json()) as { call: CallSummary; events: CallEvent[] };
}

export interface DemoOrder {
  readonly orderId: string;
  readonly customer: string;
  readonly about: PerLanguage<string>;
}

export async function demoOrders(signal: AbortSignal): Promise<DemoOrder[]> {
  const response = await request('/api/demo', signal);
  return ((await response.json()) as { orders: DemoOrder[] }).orders;
}

/** The recording as an object URL that the caller must revoke. */
export async function recordingUrl(id: string, signal: AbortSignal): Promise<string> {
  return loadSound(`/api/calls/${encodeURIComponent(id)}/recording.wav`, signal);
}

/** Sound as an object URL that the caller must revoke. */
export async function loadSound(path: string, signal: AbortSignal): Promise<string> {
  const response = await request(path, signal);
  return URL.createObjectURL(await response.blob());
}

/**
 * Follows a call live: past events first, then each as it happens, until the call ends or `signal` aborts. Read with fetch, since an
 * EventSource cannot send the token. A lost connection is opened again after a second, from the last event on.
 */
export async function followCall(
  id: string,
  onEvent: (event: CallEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  let lastSeq = 0;
  let ended = false;
  while (!signal.aborted && !ended) {
    const response = await request(`/api/calls/${encodeURIComponent(id)}/events`, signal, {
      'last-event-id': String(lastSeq),
    });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const part = await reader?.read();
      if (!part || part.done) break;
      const blocks = (rest + part.value).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data === undefined) continue;
        const event = JSON.parse(data) as CallEvent;
        lastSeq = event.seq;
        ended = event.body.type === 'call-ended';
        onEvent(event);
      }
    }
    if (!ended) await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
