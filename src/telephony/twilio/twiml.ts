import twilio from 'twilio';
import { KefuError } from '../../core/errors.ts';
import type { Language, PerLanguage } from '../../core/language.ts';
import type { Fields } from './state.ts';

/** The few instructions Kefu gives Twilio, as TwiML documents. */

/** Connects the call to our socket and asks `actionUrl` when the stream has ended, for whatever reason. */
export function connectTwiml(options: { streamUrl: string; actionUrl: string; parameters: Fields }): string {
  const response = new twilio.twiml.VoiceResponse();
  const stream = response.connect({ action: options.actionUrl }).stream({ url: options.streamUrl });
  for (const [name, value] of Object.entries(options.parameters)) stream.parameter({ name, value });
  return response.toString();
}

/** Rings a target and asks `actionUrl` how it went. Throws `transfer_unsupported` for a target Twilio cannot dial. */
export function dialTwiml(options: { target: string; actionUrl: string; ringSeconds: number }): string {
  const target = dialTarget(options.target);
  const response = new twilio.twiml.VoiceResponse();
  const dial = response.dial({ action: options.actionUrl, timeout: options.ringSeconds });
  if (target.type === 'number') dial.number(target.address);
  else dial.sip(target.address);
  return response.toString();
}

export function hangupTwiml(): string {
  const response = new twilio.twiml.VoiceResponse();
  response.hangup();
  return response.toString();
}

/** For a call that is over: Twilio expects a document, and there is nothing left to do. */
export function emptyTwiml(): string {
  return new twilio.twiml.VoiceResponse().toString();
}

const lastWords = {
  overloaded: {
    en: 'All our lines are busy right now. Please call again in a few minutes. Goodbye.',
    zh: '现在线路都在忙，请您过几分钟再打来。再见。',
  },
  lost: {
    en: 'Sorry, our connection was lost. Please call again. Goodbye.',
    zh: '很抱歉，我们这边的线路断了，请您再打一次。再见。',
  },
} as const satisfies Record<string, PerLanguage<string>>;

/**
 * Says why the call ends and hangs up. Twilio's voice speaks, because there is no stream that ours could speak on: fixed words,
 * nothing of the caller's.
 */
export function apologyTwiml(why: keyof typeof lastWords, language: Language): string {
  const response = new twilio.twiml.VoiceResponse();
  response.say({ language: language === 'zh' ? 'zh-CN' : 'en-US' }, lastWords[why][language]);
  response.hangup();
  return response.toString();
}

/** What a transfer target means to Twilio: E.164 or `tel:` is a number, `sip:` and `sips:` an address. */
export function dialTarget(target: string): { type: 'number' | 'sip'; address: string } {
  if (/^sips?:[^\s@<>"]+@[^\s@<>"]+$/i.test(target)) return { type: 'sip', address: target };
  // Numbers may be written for people: spaces, dots, dashes and brackets mean nothing.
  const number = /^(?:tel:)?(\+?\d{3,15})$/i.exec(target.replace(/[\s().-]/g, ''))?.[1];
  if (number !== undefined) return { type: 'number', address: number };
  throw new KefuError(
    'transfer_unsupported',
    'Twilio can dial a number such as +15551234567 or an address such as sip:desk@example.com.',
  );
}
