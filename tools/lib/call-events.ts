import type { CallEvent } from '../../src/core/events.ts';

/**
 * Follows the events of a call over the API (server-sent events) until it ends or `signal` aborts.
 * @returns false when the API does not let us in; the call can then only be followed by ear.
 */
export async function followCallEvents(options: {
  readonly url: string;
  readonly callId: string;
  readonly apiToken: string | undefined;
  /** Number of the last event already known. */
  readonly afterSeq?: number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: CallEvent) => void;
}): Promise<boolean> {
  const { callId, apiToken, signal, onEvent } = options;
  const base = options.url.replace(/^ws/, 'http').replace(/\/+$/, '');
  const response = await openStream(
    `${base}/api/calls/${encodeURIComponent(callId)}/events`,
    {
      'last-event-id': String(options.afterSeq ?? 0),
      ...(apiToken !== undefined && { authorization: `Bearer ${apiToken}` }),
    },
    signal,
  );
  if (!response?.body) return false;
  let rest = '';
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + part).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) onEvent(JSON.parse(data) as CallEvent);
    }
  }
  return true;
}

/** The call's first event may be kept a moment after its stream has begun. */
const attempts = 20;
const attemptEveryMs = 100;

async function openStream(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Response | undefined> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const response = await fetch(url, { signal, headers });
    if (response.ok) return response;
    await response.body?.cancel();
    if (response.status !== 404) return undefined;
    await new Promise((resolve) => setTimeout(resolve, attemptEveryMs));
  }
  return undefined;
}

/** What a caller who sees the events knows of the conversation. */
export class ConversationState {
  readonly events: CallEvent[] = [];
  readonly #unheard = new Set<number>();
  readonly #tasks = new Set<string>();
  #listening = false;

  add(event: CallEvent): void {
    this.events.push(event);
    const { body } = event;
    switch (body.type) {
      case 'say':
        this.#unheard.add(body.utterance);
        break;
      case 'heard':
        this.#unheard.delete(body.utterance);
        break;
      case 'task-started':
        this.#tasks.add(body.taskId);
        break;
      case 'task-finished':
        this.#tasks.delete(body.taskId);
        break;
      case 'dialog':
        this.#listening = body.expecting !== null;
        break;
      case 'turn':
      case 'digits':
        this.#listening = false;
        break;
      default:
        break;
    }
  }

  /** True when Kefu has said everything and waits for the caller. */
  get callersTurn(): boolean {
    return this.#listening && this.#unheard.size === 0 && this.#tasks.size === 0;
  }

  /** How many turns and keyed answers of the caller Kefu has taken. */
  get answersTaken(): number {
    return this.events.filter(({ body }) => body.type === 'turn' || body.type === 'digits').length;
  }
}
