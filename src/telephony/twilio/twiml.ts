import twilio from 'twilio';
import type { Language } from '../../core/language.ts';
import { parseDialTarget, type DialTarget } from '../dial-target.ts';
import { lastWords } from '../last-words.ts';
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
export function dialTarget(target: string): DialTarget {
  return parseDialTarget(target, 'Twilio');
}
