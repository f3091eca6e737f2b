import { z } from 'zod';
import { KefuError } from '../core/errors.ts';
import { createAllowList, type AllowList } from '../telephony/streams/admission.ts';
import { streamVendors, type StreamVendorName } from '../telephony/streams/vendors.ts';

/** The settings of media streams, part of the settings of Kefu. */

const optionalText = z.string().min(1).optional();
const names = Object.keys(streamVendors) as StreamVendorName[];

export const streamSettings = {
  /** Whose streams are taken, such as `telnyx,asterisk`; nobody's by default. */
  KEFU_STREAMS: z.string().optional(),
  /** Shared secret of all streams. */
  KEFU_STREAM_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  /** Addresses and networks that may open streams and call their webhooks; all by default. */
  KEFU_STREAM_ALLOW: optionalText,
  KEFU_TELNYX_PUBLIC_KEY: optionalText,
  KEFU_PLIVO_AUTH_TOKEN: optionalText,
  KEFU_VONAGE_SIGNATURE_SECRET: optionalText,
  KEFU_SIGNALWIRE_SIGNING_KEY: optionalText,
  KEFU_JAMBONZ_WEBHOOK_SECRET: optionalText,
  KEFU_GENESYS_API_KEY: optionalText,
  KEFU_GENESYS_CLIENT_SECRET: optionalText,
  KEFU_AUDIOSOCKET_HOST: z.string().default('127.0.0.1'),
  /** The port for AudioSocket; closed by default. */
  KEFU_AUDIOSOCKET_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
} as const;

/** With what each vendor signs its webhooks. */
const webhookSecrets: Partial<Record<StreamVendorName, keyof typeof streamSettings>> = {
  telnyx: 'KEFU_TELNYX_PUBLIC_KEY',
  plivo: 'KEFU_PLIVO_AUTH_TOKEN',
  vonage: 'KEFU_VONAGE_SIGNATURE_SECRET',
  signalwire: 'KEFU_SIGNALWIRE_SIGNING_KEY',
  jambonz: 'KEFU_JAMBONZ_WEBHOOK_SECRET',
};

export interface StreamsConfig {
  readonly vendors: readonly {
    readonly name: StreamVendorName;
    readonly webhookSecret: string | undefined;
  }[];
  readonly token: string | undefined;
  readonly allow: AllowList | undefined;
  readonly genesys: { readonly apiKey: string; readonly clientSecret: string | undefined } | undefined;
  readonly audioSocket: { readonly host: string; readonly port: number } | undefined;
}

/** Reads the settings of streams; what is wrong or does not fit together is added to `problems`. */
export function streamsOf(
  given: Readonly<Record<string, string | undefined>>,
  problems: string[],
): StreamsConfig {
  const parsed = z.object(streamSettings).safeParse(given);
  const values: z.infer<z.ZodObject<typeof streamSettings>> = parsed.data ?? {
    KEFU_AUDIOSOCKET_HOST: '127.0.0.1',
  };
  const asked = listOf(values.KEFU_STREAMS);
  for (const name of asked) {
    if (!names.some((known) => known === name))
      problems.push(`KEFU_STREAMS: ${name} is not one of ${names.join(', ')}.`);
  }
  const token = values.KEFU_STREAM_TOKEN;
  const vendors = names
    .filter((name) => asked.includes(name))
    .map((name) => {
      const setting = webhookSecrets[name];
      const secret = setting && values[setting];
      const webhookSecret = secret === undefined ? undefined : String(secret);
      if (setting !== undefined && webhookSecret !== undefined) {
        if (given.KEFU_PUBLIC_URL === undefined)
          problems.push(`${setting} needs KEFU_PUBLIC_URL, the address that the webhooks are signed for.`);
        if (token === undefined)
          problems.push(`${setting} needs KEFU_STREAM_TOKEN, which guards the streams that webhooks open.`);
      }
      return { name, webhookSecret };
    });
  const { KEFU_GENESYS_API_KEY: apiKey, KEFU_GENESYS_CLIENT_SECRET: clientSecret } = values;
  if (clientSecret !== undefined && apiKey === undefined)
    problems.push('KEFU_GENESYS_CLIENT_SECRET needs KEFU_GENESYS_API_KEY.');
  const port = values.KEFU_AUDIOSOCKET_PORT;
  const allow = allowOf(values.KEFU_STREAM_ALLOW, problems);
  const host = values.KEFU_AUDIOSOCKET_HOST;
  if (port !== undefined && !['127.0.0.1', '::1', 'localhost'].includes(host) && !allow)
    problems.push('KEFU_AUDIOSOCKET_HOST needs KEFU_STREAM_ALLOW: AudioSocket has no other guard.');
  return {
    vendors,
    token,
    allow,
    genesys: apiKey === undefined ? undefined : { apiKey, clientSecret },
    audioSocket: port === undefined ? undefined : { host, port },
  };
}

function listOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function allowOf(text: string | undefined, problems: string[]): AllowList | undefined {
  const entries = listOf(text);
  if (entries.length === 0) return undefined;
  try {
    return createAllowList(entries);
  } catch (error) {
    if (!(error instanceof KefuError)) throw error;
    problems.push(`KEFU_STREAM_ALLOW: ${error.message}`);
    return undefined;
  }
}
