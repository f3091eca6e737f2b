import { once } from 'node:events';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { expectingSchema } from '../../src/core/dialog.ts';
import { KefuError, toKefuError } from '../../src/core/errors.ts';
import { AsyncQueue } from '../../src/core/queue.ts';
import type { SimulatedCaller } from './caller.ts';
import type { CallOptions, Conversation, ConversationEnd, Line } from './conversation.ts';
import { typed } from './speech.ts';

const openLimitMs = 15_000;
/** Kefu has answered long before, or never will. */
const answerLimitMs = 60_000;

const messageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('say'), text: z.string() }),
  z.object({ type: z.literal('listening'), expecting: expectingSchema.nullable() }),
  z.object({ type: z.literal('transfer'), skill: z.string() }),
  z.object({ type: z.literal('end'), outcome: z.string() }),
  z.object({ type: z.literal('error'), message: z.string() }),
]);
type Message = z.infer<typeof messageSchema> | { readonly type: 'closed' };

/** A typed conversation at `/channels/text`, from the first word to the last. */
export async function callByText(caller: SimulatedCaller, options: CallOptions): Promise<Conversation> {
  const startedMs = performance.now();
  const lines: Line[] = [];
  const limit = AbortSignal.timeout(options.limitMs);
  const socket = new WebSocket(`${options.url.replace(/^http/, 'ws').replace(/\/+$/, '')}/channels/text`, {
    perMessageDeflate: false,
    ...(options.apiToken !== undefined && { headers: { authorization: `Bearer ${options.apiToken}` } }),
  });
  const inbox = new AsyncQueue<Message>();
  socket.on('message', (data) => {
    const message = messageSchema.safeParse(JSON.parse((data as Buffer).toString('utf8')));
    if (message.success) inbox.push(message.data);
  });
  socket.on('close', () => {
    inbox.push({ type: 'closed' });
    inbox.close();
  });
  socket.on('error', () => undefined); // `close` follows, and the opening below rejects.
  try {
    await once(socket, 'open', { signal: AbortSignal.any([limit, AbortSignal.timeout(openLimitMs)]) });
  } catch (error) {
    socket.terminate();
    throw new KefuError(
      'server_unreachable',
      `Kefu cannot be reached at ${options.url}: ${toKefuError(error).message}`,
      {
        cause: error,
      },
    );
  }
  const tell = (message: object): void => {
    socket.send(JSON.stringify(message));
  };
  tell({ type: 'start', from: options.from, to: options.to, language: options.language });
  const end = await converse({ caller, inbox, lines, tell, limit });
  socket.close(1000);
  const cancel = setTimeout(() => {
    socket.terminate();
  }, 2_000);
  if (socket.readyState !== WebSocket.CLOSED) await once(socket, 'close');
  clearTimeout(cancel);
  return { callId: undefined, lines, end, tookMs: performance.now() - startedMs };
}

interface Talk {
  readonly caller: SimulatedCaller;
  readonly inbox: AsyncQueue<Message>;
  readonly lines: Line[];
  readonly tell: (message: object) => void;
  readonly limit: AbortSignal;
}

async function converse({ caller, inbox, lines, tell, limit }: Talk): Promise<ConversationEnd> {
  let words: string[] = [];
  let transferred = false;
  for (;;) {
    const message = await nextMessage(inbox, limit);
    if (message === 'too-late') return failure('Kefu did not answer in time');
    switch (message.type) {
      case 'say':
        words.push(message.text);
        lines.push({ who: 'kefu', text: message.text, atEpochMs: Date.now() });
        break;
      case 'listening': {
        if (!message.expecting) break;
        const action = caller.answer({ words: words.join(' '), expecting: message.expecting });
        words = [];
        const { slot } = message.expecting;
        const line = { who: 'caller', slot, atEpochMs: Date.now() } as const;
        if (action.type === 'hang-up') return { by: 'caller', outcome: undefined, detail: action.why };
        if (action.type === 'keys') {
          lines.push({ ...line, text: `[keys] ${action.digits}` });
          tell({ type: 'digits', digits: action.digits });
        } else {
          lines.push({ ...line, text: typed(action.text), agrees: action.agrees });
          tell({ type: 'text', text: typed(action.text) });
        }
        break;
      }
      case 'transfer':
        transferred = true;
        break;
      case 'end':
        caller.hearEnd(words.join(' '));
        return { by: 'kefu', outcome: message.outcome, detail: undefined };
      case 'error':
        return failure(`Kefu took a message for wrong: ${message.message}`);
      case 'closed':
        caller.hearEnd(words.join(' '));
        if (transferred) return { by: 'kefu', outcome: 'transferred', detail: undefined };
        return failure('the connection was lost');
    }
  }
}

function failure(detail: string): ConversationEnd {
  return { by: 'failure', outcome: undefined, detail };
}

async function nextMessage(inbox: AsyncQueue<Message>, limit: AbortSignal): Promise<Message | 'too-late'> {
  const signal = AbortSignal.any([limit, AbortSignal.timeout(answerLimitMs)]);
  if (signal.aborted) return 'too-late';
  const next = inbox[Symbol.asyncIterator]().next();
  const stopped = once(signal, 'abort').then(() => 'too-late' as const);
  const result = await Promise.race([next, stopped]);
  if (result === 'too-late') return result;
  return result.done === true ? { type: 'closed' } : result.value;
}
