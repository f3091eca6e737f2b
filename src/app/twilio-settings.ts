import { z } from 'zod';
import type { TwilioDialling } from '../telephony/twilio/dialer.ts';

/** The settings of calls that Kefu makes through Twilio, part of the settings of Kefu. */

const label = z.string().regex(/^[a-z0-9-]+$/, 'must be a name such as ie1 or dublin');
const count = (fallback: number, max: number) => z.coerce.number().int().min(1).max(max).default(fallback);

export const twilioSettings = {
  /** With it Kefu may dial through Twilio. */
  KEFU_TWILIO_ACCOUNT_SID: z
    .string()
    .regex(/^AC[0-9a-f]{32}$/i, 'must be AC and 32 digits')
    .optional(),
  /** An API key and its secret; without them the auth token is used. */
  KEFU_TWILIO_API_KEY: z
    .string()
    .regex(/^SK[0-9a-f]{32}$/i, 'must be SK and 32 digits')
    .optional(),
  KEFU_TWILIO_API_SECRET: z.string().min(1).optional(),
  /** A number of the account, shown to whoever is called. */
  KEFU_TWILIO_NUMBER: z
    .string()
    .regex(/^\+\d{6,15}$/, 'must be a number such as +15551234567')
    .optional(),
  /** Regular expressions for whole numbers that may be called, separated by spaces. */
  KEFU_TWILIO_DIAL_NUMBERS: z.string().min(1).optional(),
  KEFU_TWILIO_MAX_DIALLED: count(5, 1_000),
  KEFU_TWILIO_MAX_DIALLED_PER_HOUR: count(60, 10_000),
  /** Where Twilio's API is reached. */
  KEFU_TWILIO_REGION: label.optional(),
  KEFU_TWILIO_EDGE: label.optional(),
} as const;

type Given = Readonly<Record<string, string | undefined>>;

/** Reads the settings of dialling through Twilio; what is wrong or does not fit together is added to `problems`. */
export function twilioDiallingOf(given: Given, problems: string[]): TwilioDialling | undefined {
  const { KEFU_TWILIO_ACCOUNT_SID: accountSid, KEFU_TWILIO_AUTH_TOKEN: authToken } = given;
  if (accountSid === undefined) {
    for (const name of Object.keys(twilioSettings)) {
      if (given[name] !== undefined) problems.push(`${name} needs KEFU_TWILIO_ACCOUNT_SID.`);
    }
    return undefined;
  }
  for (const name of ['KEFU_TWILIO_AUTH_TOKEN', 'KEFU_TWILIO_NUMBER', 'KEFU_TWILIO_DIAL_NUMBERS']) {
    if (given[name] === undefined) problems.push(`KEFU_TWILIO_ACCOUNT_SID needs ${name}.`);
  }
  const { KEFU_TWILIO_API_KEY: apiKey, KEFU_TWILIO_API_SECRET: apiSecret } = given;
  if ((apiKey === undefined) !== (apiSecret === undefined))
    problems.push('KEFU_TWILIO_API_KEY and KEFU_TWILIO_API_SECRET must be set together.');
  const numbers = numbersOf(given.KEFU_TWILIO_DIAL_NUMBERS ?? '', problems);
  const values = z.object(twilioSettings).safeParse(given).data;
  // What is wrong by itself is named by whoever reads all settings.
  if (!values) return undefined;
  return {
    accountSid,
    user: apiKey ?? accountSid,
    password: apiSecret ?? authToken ?? '',
    number: values.KEFU_TWILIO_NUMBER ?? '',
    numbers,
    maxCalls: values.KEFU_TWILIO_MAX_DIALLED,
    maxCallsPerHour: values.KEFU_TWILIO_MAX_DIALLED_PER_HOUR,
    region: values.KEFU_TWILIO_REGION,
    edge: values.KEFU_TWILIO_EDGE,
  };
}

function numbersOf(text: string, problems: string[]): RegExp[] {
  return text
    .split(/\s+/)
    .filter((pattern) => pattern !== '')
    .flatMap((pattern) => {
      try {
        return [new RegExp(`^(?:${pattern})$`)];
      } catch {
        problems.push(`KEFU_TWILIO_DIAL_NUMBERS: ${pattern} is no regular expression.`);
        return [];
      }
    });
}
