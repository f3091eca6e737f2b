import type { Clock } from '../core/clock.ts';
import { KefuError } from '../core/errors.ts';

/** The largest body taken from a shop. A thousand orders fit; anything larger is no answer to Kefu's questions. */
export const maxAnswerBytes = 1_048_576;

/** One HTTP request, ready to be sent. */
export interface HttpRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Whether a redirect may be followed; a write is never sent to an address the operator did not set. */
  readonly followRedirects: boolean;
}

/** A complete answer of a server, whatever its status. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  /** The header as it came. */
  readonly retryAfter: string | null;
  /** The header as it came; only redirects carry it. */
  readonly location: string | null;
  readonly text: string;
}

export interface AttemptLimits {
  /** For the whole attempt, from connecting to the last byte of the body. */
  readonly timeoutMs: number;
  /** Stops the attempt at once; the attempt then rejects with this signal's reason. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** The network failed: no connection, a reset, or no complete answer in time. Trying again can help. */
export class NoAnswerError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'NoAnswerError';
  }
}

/**
 * Sends one request and reads the answer to its end.
 * @throws NoAnswerError when no complete answer came within `timeoutMs`.
 * @throws KefuError `shop_answer_invalid` when the body is larger than `maxAnswerBytes`.
 * @throws the signal's reason when the signal fires.
 */
export async function sendOnce(
  request: HttpRequest,
  { timeoutMs, signal, clock }: AttemptLimits,
): Promise<HttpAnswer> {
  signal.throwIfAborted();
  // One controller per attempt with the listener removed at the end: AbortSignal.any keeps memory alive on Node 20 for as long
  // as a source signal lives, and the backend's own closing signal lives as long as the process.
  const controller = new AbortController();
  const stop = () => controller.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const cancelTimer = clock.setTimer(() => {
    controller.abort(new NoAnswerError(`no complete answer within ${Math.round(timeoutMs)} ms`));
  }, timeoutMs);
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: request.headers,
      body: request.body ?? null,
      redirect: request.followRedirects ? 'follow' : 'manual',
      signal: controller.signal,
    });
    return {
      status: response.status,
      contentType: response.headers.get('content-type') ?? '',
      retryAfter: response.headers.get('retry-after'),
      location: response.headers.get('location'),
      text: await readBounded(response),
    };
  } catch (thrown) {
    if (controller.signal.aborted) throw controller.signal.reason;
    if (thrown instanceof KefuError) throw thrown;
    throw new NoAnswerError(describeNetworkFailure(thrown), thrown);
  } finally {
    cancelTimer();
    signal.removeEventListener('abort', stop);
    // Frees the socket of an answer that was refused half-way; a finished one is not touched by it.
    controller.abort();
  }
}

async function readBounded(response: Response): Promise<string> {
  if (!response.body) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > maxAnswerBytes) {
      throw new KefuError('shop_answer_invalid', `The shop's answer is larger than ${maxAnswerBytes} bytes`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** Fetch hides the useful part ("ECONNREFUSED", "other side closed") in the cause of a bare "fetch failed". */
function describeNetworkFailure(thrown: unknown): string {
  const parts: string[] = [];
  for (let error = thrown; error instanceof Error && parts.length < 3; error = error.cause) {
    const code = 'code' in error && typeof error.code === 'string' ? `${error.code}: ` : '';
    parts.push(`${code}${error.message || error.name}`);
  }
  return parts.join('; ') || String(thrown);
}
