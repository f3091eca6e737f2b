import type { Fields, StreamHooks } from './hooks.ts';
import { element, escapeXml, xmlResponse } from './xml.ts';

/** The vendors whose documents and webhooks are like Twilio's: Telnyx (TeXML) and SignalWire (cXML). */

/** Their words for a call that is over. */
const finalStatuses: ReadonlySet<string> = new Set(['completed', 'busy', 'failed', 'no-answer', 'canceled']);

export function field(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' ? value : undefined;
}

/** A number in E.164: some vendors leave the plus out. */
export function e164(number: string): string {
  return /^\d{7,15}$/.test(number) ? `+${number}` : number;
}

/** The vendor's id of a call, when it is one. */
export function idField(fields: Fields, name: string): string | undefined {
  return /^[\w:.@+-]{1,200}$/.exec(field(fields, name) ?? '')?.[0];
}

/**
 * @param stream makes the `<Stream>` element. `<Connect>` waits until the stream has ended; then the call goes on with the redirect.
 */
export function twimlHooks(options: {
  readonly signed: StreamHooks['signed'];
  readonly stream: (streamUrl: string, ticket: string) => string;
}): StreamHooks {
  return {
    contentType: 'text/xml; charset=utf-8',
    signed: options.signed,
    call: (fields) => {
      const carrierCall = idField(fields, 'CallSid');
      if (carrierCall === undefined) return undefined;
      return {
        carrierCall,
        from: e164(field(fields, 'From') ?? ''),
        to: e164(field(fields, 'To') ?? ''),
      };
    },
    followUp: (fields) => ({
      over: finalStatuses.has(field(fields, 'CallStatus') ?? ''),
      dialled: field(fields, 'DialCallStatus'),
    }),
    taken: new Set(['completed', 'answered']),
    connect: ({ streamUrl, ticket, nextUrl }) =>
      xmlResponse(
        element('Connect', {}, options.stream(streamUrl, ticket)),
        element('Redirect', { method: 'POST' }, escapeXml(nextUrl)),
      ),
    dial: ({ target, nextUrl, ringSeconds }) =>
      xmlResponse(
        element(
          'Dial',
          { action: nextUrl, method: 'POST', timeout: ringSeconds },
          element(target.type === 'number' ? 'Number' : 'Sip', {}, escapeXml(target.address)),
        ),
      ),
    hangup: () => xmlResponse(element('Hangup')),
    apology: (words, language) =>
      xmlResponse(
        element('Say', { language: language === 'zh' ? 'zh-CN' : 'en-US' }, escapeXml(words)),
        element('Hangup'),
      ),
  };
}
