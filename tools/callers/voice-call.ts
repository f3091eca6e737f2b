import type { CallEvent } from '../../src/core/events.ts';
import { spokenKinds, type SpeechPart, type SpokenKind } from '../../src/core/speech.ts';
import type { CallerVoice } from '../lib/caller-voice.ts';
import { makeSpokenCall, type CallStep } from '../lib/spoken-call.ts';
import type { SimulatedCaller } from './caller.ts';
import type { CallOptions, Conversation, ConversationEnd, Line } from './conversation.ts';
import { typed } from './speech.ts';

/**
 * A caller's words as the voice reads them: `{order_number:W2378156}` in groups, `{email:...}` as words and signs, `{spelled_email:...}`
 * letter by letter up to the sign.
 */
export function spokenParts(text: string): SpeechPart[] {
  const parts: SpeechPart[] = [];
  let from = 0;
  for (const match of text.matchAll(/\{(\w+):([^{}]+)\}/g)) {
    const [whole, kind = '', value = ''] = match;
    if (match.index > from) parts.push({ type: 'text', text: text.slice(from, match.index) });
    parts.push(
      isSpokenKind(kind)
        ? { type: 'value', kind, text: value, value: value.replace(/^#/, '') }
        : { type: 'text', text: kind === 'spelled_email' ? spelledEmail(value) : value },
    );
    from = match.index + whole.length;
  }
  if (from < text.length) parts.push({ type: 'text', text: text.slice(from) });
  return parts;
}

/** "M, I, A, dot, L, E, E, at example dot com". */
function spelledEmail(address: string): string {
  const [local = '', domain = ''] = address.split('@');
  const signs: Readonly<Record<string, string>> = { '.': 'dot', _: 'underscore', '-': 'dash' };
  const letters = Array.from(local, (sign) => signs[sign] ?? sign.toUpperCase()).join(', ');
  return `${letters}, at ${domain.replaceAll('.', ' dot ')}`;
}

function isSpokenKind(kind: string): kind is SpokenKind {
  return (spokenKinds as readonly string[]).includes(kind);
}

/** A telephone call over the Twilio protocol with the built-in voice; what Kefu asks is read from the call's events. */
export async function callByVoice(
  caller: SimulatedCaller,
  options: CallOptions,
  voice: CallerVoice,
): Promise<Conversation> {
  const startedMs = performance.now();
  const lines: Line[] = [];
  let read = 0;
  let hungUp: string | undefined;
  const call = await makeSpokenCall({
    url: options.url.replace(/^http/, 'ws'),
    from: options.from,
    to: options.to,
    language: options.language,
    apiToken: options.apiToken,
    steps: [],
    async nextStep(events): Promise<CallStep | undefined> {
      const fresh = events.slice(read);
      read = events.length;
      const words = wordsIn(fresh);
      lines.push(...words.map((line) => ({ who: 'kefu' as const, ...line })));
      const expecting = expectingIn(fresh) ?? expectingIn(events);
      if (!expecting || performance.now() - startedMs > options.limitMs) {
        hungUp = expecting ? 'the call took too long' : 'Kefu asked nothing';
        return undefined;
      }
      const action = caller.answer({ words: words.map(({ text }) => text).join(' '), expecting });
      if (action.type === 'hang-up') {
        hungUp = action.why;
        return undefined;
      }
      const line = { who: 'caller', slot: expecting.slot } as const;
      if (action.type === 'keys') {
        lines.push({ ...line, text: `[keys] ${action.digits}`, atEpochMs: Date.now() });
        return { type: 'keys', digits: action.digits };
      }
      const clip = await voice.say(spokenParts(action.text));
      lines.push({ ...line, text: typed(action.text), agrees: action.agrees, atEpochMs: Date.now() });
      return { type: 'clip', clip };
    },
  });
  const rest = wordsIn(call.events.slice(read));
  lines.push(...rest.map((line) => ({ who: 'kefu' as const, ...line })));
  if (call.end.by === 'kefu') caller.hearEnd(rest.map(({ text }) => text).join(' '));
  const outcome = outcomeIn(call.events);
  const end: ConversationEnd = {
    by: call.end.by,
    outcome: call.end.by === 'kefu' ? outcome : undefined,
    detail: hungUp ?? call.end.detail,
  };
  return { callId: call.callId, lines, end, tookMs: performance.now() - startedMs };
}

function wordsIn(events: readonly CallEvent[]): { text: string; atEpochMs: number }[] {
  return events.flatMap(({ body, atEpochMs }) => {
    return body.type === 'heard' && body.text !== '' ? [{ text: body.text, atEpochMs }] : [];
  });
}

function expectingIn(events: readonly CallEvent[]) {
  for (const { body } of [...events].reverse()) {
    if (body.type === 'dialog' && body.expecting) return body.expecting;
  }
  return undefined;
}

function outcomeIn(events: readonly CallEvent[]): string | undefined {
  for (const { body } of [...events].reverse()) if (body.type === 'call-ended') return body.outcome;
  return undefined;
}
