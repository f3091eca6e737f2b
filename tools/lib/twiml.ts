import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import { KefuError } from '../../src/core/errors.ts';

/** What a TwiML document asks for, as far as a caller's side of a Kefu call can meet it. */
export interface TwimlInstructions {
  /** Words that Twilio's own voice would speak first. */
  readonly said: readonly string[];
  readonly then:
    | {
        readonly type: 'connect';
        readonly streamUrl: string;
        readonly actionUrl: string | undefined;
        readonly parameters: Readonly<Record<string, string>>;
      }
    | { readonly type: 'dial'; readonly target: string; readonly actionUrl: string | undefined }
    /** `<Hangup>`, or nothing left to do, which ends a call too. */
    | { readonly type: 'hangup' };
}

const textOrElement = z.union([
  z.string(),
  z.object({ '#text': z.string() }).transform((node) => node['#text']),
]);
const list = <Item extends z.ZodType>(item: Item) => z.array(item).default([]);
const responseSchema = z.object({
  Response: z.union([
    z.literal(''),
    z.object({
      Say: list(textOrElement),
      Connect: z
        .object({
          '@action': z.string().optional(),
          Stream: z.object({
            '@url': z.string(),
            Parameter: list(z.object({ '@name': z.string(), '@value': z.string() })),
          }),
        })
        .optional(),
      Dial: z
        .object({
          '@action': z.string().optional(),
          Number: textOrElement.optional(),
          Sip: textOrElement.optional(),
        })
        .optional(),
    }),
  ]),
});

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  ignoreDeclaration: true,
  isArray: (name) => name === 'Parameter' || name === 'Say',
});

/**
 * Reads a TwiML document.
 * @throws KefuError `protocol_violation` when it is none, or asks for what Kefu never asks.
 */
export function parseTwiml(document: string): TwimlInstructions {
  const parsed = responseSchema.safeParse(parser.parse(document));
  if (!parsed.success) {
    throw new KefuError('protocol_violation', `The answer is no TwiML of Kefu: ${document.slice(0, 200)}`);
  }
  const response = parsed.data.Response;
  if (response === '') return { said: [], then: { type: 'hangup' } };
  const { Say: said, Connect: connect, Dial: dial } = response;
  if (connect) {
    const parameters = connect.Stream.Parameter.map((each) => [each['@name'], each['@value']] as const);
    return {
      said,
      then: {
        type: 'connect',
        streamUrl: connect.Stream['@url'],
        actionUrl: connect['@action'],
        parameters: Object.fromEntries(parameters),
      },
    };
  }
  const target = dial?.Number ?? dial?.Sip;
  if (dial && target !== undefined)
    return { said, then: { type: 'dial', target, actionUrl: dial['@action'] } };
  return { said, then: { type: 'hangup' } };
}
