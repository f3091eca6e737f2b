import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { KefuError } from '../core/errors.ts';
import { languageSchema } from '../core/language.ts';
import { streamSettings, streamsOf, type StreamsConfig } from './stream-settings.ts';
import { twilioDiallingOf, twilioSettings } from './twilio-settings.ts';
import type { TwilioDialling } from '../telephony/twilio/dialer.ts';

const wholeNumber = (fallback: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);
const flag = z.stringbool().default(false);
/** An empty variable counts as unset, as a shell or a compose file easily produces one. */
const optionalText = z.string().min(1).optional();

/** Every setting Kefu reads from its environment; `.env.example` documents each for operators. */
const environmentSchema = z.object({
  KEFU_HOST: z.string().default('127.0.0.1'),
  KEFU_PORT: wholeNumber(8080, 0, 65_535),
  /** Address under which carriers and browsers reach this server, such as https://kefu.example.com. */
  KEFU_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  KEFU_DATA_DIR: optionalText,
  KEFU_MODELS_DIR: optionalText,
  KEFU_MODELS_SOURCE: optionalText,
  KEFU_FLOWS_DIR: optionalText,
  KEFU_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  KEFU_REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  /** Where other nodes reach this one; joins callers of one node with desks of another. */
  KEFU_NODE_URL: z.url({ protocol: /^https?$/ }).optional(),
  KEFU_NODE_SECRET: z.string().min(16, 'must have at least 16 characters').optional(),
  KEFU_SHOP_URL: z.url({ protocol: /^https?$/ }).optional(),
  KEFU_SHOP_TOKEN: optionalText,
  KEFU_DEMO_SEED: wholeNumber(1, 0, 2 ** 31),
  KEFU_TWILIO_AUTH_TOKEN: optionalText,
  ...twilioSettings,
  ...streamSettings,
  /** Bearer token for pages and API from elsewhere than this machine. */
  KEFU_API_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  /** Telephone lines over SIP; without it nothing listens for them. */
  KEFU_TRUNKS_FILE: optionalText,
  KEFU_TRANSFER_TARGET: z
    .string()
    .regex(/^(\+\d{6,15}|tel:\+?\d{3,15}|sips?:[^\s@]+@[^\s@]+)$/, 'must be +15551234567 or sip:name@host')
    .optional(),
  /** Rules of the queue for people, a YAML file; see docs/handoff.md. */
  KEFU_QUEUES_FILE: optionalText,
  KEFU_LANGUAGE: languageSchema.default('en'),
  KEFU_RECORD_CALLS: flag,
  /** Calls at once; `auto`: as many as the machine is measured to take. */
  KEFU_MAX_CALLS: z
    .union([z.literal('auto'), z.coerce.number<string>().int().min(1).max(10_000)])
    .default('auto'),
  KEFU_MAX_CALL_MINUTES: wholeNumber(60, 1, 24 * 60),
  KEFU_RECOGNIZER_THREADS: wholeNumber(2, 1, 64),
  KEFU_DRAIN_SECONDS: wholeNumber(30, 0, 3600),
  KEFU_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

type Environment = z.infer<typeof environmentSchema>;

/** The settings of one Kefu process, checked and frozen. Folders are absolute. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly publicUrl: string | undefined;
  readonly dataDir: string;
  readonly modelsDir: string;
  readonly modelsSource: string | undefined;
  readonly flowsDir: string;
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  /** How this node is linked with others; undefined: not at all. */
  readonly node: { readonly url: string; readonly secret: string } | undefined;
  /** Undefined: the embedded demo shop. */
  readonly shop: { readonly url: string; readonly token: string } | undefined;
  readonly demoSeed: number;
  readonly twilioAuthToken: string | undefined;
  /** How Kefu may dial through Twilio; undefined: not at all. */
  readonly twilioDialling: TwilioDialling | undefined;
  /** Media streams of other carriers and telephone systems. */
  readonly streams: StreamsConfig;
  readonly apiToken: string | undefined;
  readonly trunksFile: string | undefined;
  readonly transferTarget: string | undefined;
  readonly queuesFile: string | undefined;
  readonly language: Environment['KEFU_LANGUAGE'];
  readonly recordCalls: boolean;
  readonly maxCalls: number | 'auto';
  readonly maxCallMs: number;
  readonly recognizerThreads: number;
  readonly drainMs: number;
  readonly logLevel: Environment['KEFU_LOG_LEVEL'];
}

function nodeOf(given: Record<string, string | undefined>, problems: string[]): Config['node'] {
  const { KEFU_NODE_URL: url, KEFU_NODE_SECRET: secret, KEFU_REDIS_URL: redisUrl } = given;
  if (url === undefined && secret === undefined) return undefined;
  if (url === undefined || secret === undefined)
    problems.push('KEFU_NODE_URL and KEFU_NODE_SECRET must be set together.');
  if (redisUrl === undefined)
    problems.push('KEFU_NODE_URL needs KEFU_REDIS_URL, the queue that all nodes share.');
  return { url: (url ?? '').replace(/\/+$/, ''), secret: secret ?? '' };
}

function shopOf(given: Record<string, string | undefined>): Config['shop'] | 'incomplete' {
  const { KEFU_SHOP_URL: url, KEFU_SHOP_TOKEN: token } = given;
  if (url === undefined && token === undefined) return undefined;
  return url === undefined || token === undefined ? 'incomplete' : { url, token };
}

/** Root of the project, where `flows/`, `models/` and the built pages lie. */
export const projectDir = resolve(import.meta.dirname, '../..');

/** Adds the settings of a `.env` file in the project's folder, if there is one; variables already set win. */
export function loadEnvironmentFile(): void {
  const file = join(projectDir, '.env');
  if (existsSync(file)) process.loadEnvFile(file);
}

/** The whole environment, for the programs Kefu starts (pip, npm): they have settings of their own. */
export const processEnvironment: Readonly<NodeJS.ProcessEnv> = process.env;

/** Where fetched models are kept unless KEFU_MODELS_DIR says otherwise: one cache for every checkout of a user. */
export function defaultModelsDir(environment: NodeJS.ProcessEnv = process.env): string {
  const cache = environment.XDG_CACHE_HOME;
  return join(cache !== undefined && cache !== '' ? cache : join(homedir(), '.cache'), 'kefu', 'models');
}

/**
 * Reads the settings from an environment.
 * @throws KefuError `config_invalid` naming every wrong variable, one per line; unknown `KEFU_` variables are wrong too, since a
 *   misspelled setting must not be ignored in silence.
 */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => name.startsWith('KEFU_') && value !== ''),
  );
  const unknown = Object.keys(given).filter((name) => !(name in environmentSchema.shape));
  const parsed = environmentSchema.safeParse(given);
  const problems = [
    ...unknown.map((name) => `${name} is not a setting of Kefu; see .env.example.`),
    ...(parsed.error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`),
  ];
  const shop = shopOf(given);
  if (shop === 'incomplete') problems.push('KEFU_SHOP_URL and KEFU_SHOP_TOKEN must be set together.');
  if (given.KEFU_TWILIO_AUTH_TOKEN !== undefined && given.KEFU_PUBLIC_URL === undefined) {
    problems.push('KEFU_TWILIO_AUTH_TOKEN needs KEFU_PUBLIC_URL, the address that Twilio signs.');
  }
  const twilioDialling = twilioDiallingOf(given, problems);
  const streams = streamsOf(given, problems);
  const node = nodeOf(given, problems);
  if (!parsed.success || problems.length > 0 || shop === 'incomplete') {
    throw new KefuError('config_invalid', `These settings are wrong:\n  ${problems.join('\n  ')}`);
  }
  const values = parsed.data;
  return Object.freeze({
    host: values.KEFU_HOST,
    port: values.KEFU_PORT,
    publicUrl: values.KEFU_PUBLIC_URL?.replace(/\/+$/, ''),
    dataDir: resolve(values.KEFU_DATA_DIR ?? join(projectDir, '.kefu')),
    modelsDir: resolve(values.KEFU_MODELS_DIR ?? defaultModelsDir(environment)),
    modelsSource: values.KEFU_MODELS_SOURCE,
    flowsDir: resolve(values.KEFU_FLOWS_DIR ?? join(projectDir, 'flows')),
    databaseUrl: values.KEFU_DATABASE_URL,
    redisUrl: values.KEFU_REDIS_URL,
    node,
    shop,
    demoSeed: values.KEFU_DEMO_SEED,
    twilioAuthToken: values.KEFU_TWILIO_AUTH_TOKEN,
    twilioDialling,
    streams,
    apiToken: values.KEFU_API_TOKEN,
    trunksFile: values.KEFU_TRUNKS_FILE === undefined ? undefined : resolve(values.KEFU_TRUNKS_FILE),
    transferTarget: values.KEFU_TRANSFER_TARGET,
    queuesFile: values.KEFU_QUEUES_FILE === undefined ? undefined : resolve(values.KEFU_QUEUES_FILE),
    language: values.KEFU_LANGUAGE,
    recordCalls: values.KEFU_RECORD_CALLS,
    maxCalls: values.KEFU_MAX_CALLS,
    maxCallMs: values.KEFU_MAX_CALL_MINUTES * 60_000,
    recognizerThreads: values.KEFU_RECOGNIZER_THREADS,
    drainMs: values.KEFU_DRAIN_SECONDS * 1000,
    logLevel: values.KEFU_LOG_LEVEL,
  });
}
