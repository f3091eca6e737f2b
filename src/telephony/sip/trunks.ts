import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { KefuError, toKefuError } from '../../core/errors.ts';
import { languageSchema, type Language } from '../../core/language.ts';
import { addressList } from './addresses.ts';
import { parseUri, type SipUri } from './grammar.ts';
import { sipCodecs, usualCodecs, type SipCodec } from './codecs.ts';
import { presetProblem, withPreset } from './presets.ts';
import { TrunkSource } from './trunk-problems.ts';
import type { SipListener } from './transports.ts';

/** How a password can be proved without being sent, best first (RFC 8760). */
export const digestAlgorithms = ['SHA-256', 'MD5'] as const;
export type DigestAlgorithm = (typeof digestAlgorithms)[number];

/** Who one side says it is, with the proof. */
export interface SipCredentials {
  readonly user: string;
  readonly password: string;
}

/** Who may be called over a trunk, so that nobody runs up a bill. */
export interface OutboundRules {
  readonly server: SipUri;
  /** Servers that are tried when `server` fails, in order. */
  readonly backups?: readonly SipUri[] | undefined;
  readonly numbers: readonly RegExp[];
  readonly from: string | undefined;
  readonly credentials: SipCredentials | undefined;
  readonly maxCalls: number;
  readonly maxCallsPerHour: number;
  /** How often each server is asked whether it lives; undefined: never. */
  readonly probeMs?: number | undefined;
}

export interface RegistrationSettings extends SipCredentials {
  readonly server: SipUri;
  /** Servers that are tried when `server` fails, in order. */
  readonly backups?: readonly SipUri[] | undefined;
  /** The domain of the account when it is not the server's. */
  readonly domain: string;
  readonly expiresSeconds: number;
}

/** A telephone line or exchange that Kefu knows. */
export interface Trunk {
  readonly name: string;
  /** True for addresses that are let in without a password. */
  readonly admits: (address: string) => boolean;
  /** What somebody at another address logs in with, and how it is proved, best first. */
  readonly login: (SipCredentials & { readonly algorithms: readonly DigestAlgorithm[] }) | undefined;
  readonly language: Language | undefined;
  readonly codecs: readonly SipCodec[];
  readonly srtp: 'off' | 'allowed' | 'required';
  readonly register: RegistrationSettings | undefined;
  readonly outbound: OutboundRules | undefined;
  /** True when a caller hears of us by 183 with our sound's address before the answer, instead of by 180. */
  readonly earlyMedia: boolean;
  /** How callers are given to a number: at once, or once it has answered, by their exchange or through Kefu. */
  readonly transfer: 'blind' | 'attended' | 'bridged';
  /** True when the far side of a call may have somebody else called in its place. */
  readonly acceptRefer: boolean;
}

/** The whole trunks file, checked. */
export interface TrunkSettings {
  readonly listeners: readonly SipListener[];
  readonly publicAddress: string | undefined;
  readonly rtpHost: string;
  readonly rtpPorts: readonly [first: number, last: number];
  /** Where peers send their sound to, whoever brings the signalling; undefined: the address at which the signalling's peer reaches us. */
  readonly soundAddress?: string | undefined;
  readonly mediaTimeoutMs: number;
  /** Name servers for the names of SIP servers, in place of the machine's own. */
  readonly nameServers?: readonly string[] | undefined;
  /** Further certificate authorities for TLS servers, PEM. */
  readonly authorities: string | undefined;
  readonly trunks: readonly Trunk[];
}

const address = z.string().refine((text) => isIP(text) !== 0, 'must be an IP address');
const port = z.number().int().min(0).max(65_535);
const seconds = (min: number, max: number, fallback: number) =>
  z.number().int().min(min).max(max).default(fallback);
const secret = {
  password: z.string().min(1).optional(),
  passwordFile: z.string().min(1).optional(),
};
const sipUri = z.string().transform((text, context): SipUri => {
  const uri = parseUri(text);
  if (uri && (uri.scheme === 'sip' || uri.scheme === 'sips')) return uri;
  context.addIssue({ code: 'custom', message: 'must be like sip:sip.example.com;transport=tcp' });
  return z.NEVER;
});
/** One server, or several in the order in which they are tried. */
const servers = z.union([sipUri, z.array(sipUri).min(1)]).transform((given) => [given].flat());
const pattern = z.string().transform((text, context): RegExp => {
  try {
    return new RegExp(`^(?:${text})$`);
  } catch {
    context.addIssue({ code: 'custom', message: `is no regular expression: ${text}` });
    return z.NEVER;
  }
});
const place = z.strictObject({ host: address.default('0.0.0.0'), port: port.default(5060) });

const trunkSchema = z.strictObject({
  preset: z
    .string()
    .superRefine((name, context) => {
      const problem = presetProblem(name);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    })
    .optional(),
  name: z.string().regex(/^[\w-]{1,40}$/, 'may have letters, digits, _ and -'),
  addresses: z
    .array(z.string())
    .default([])
    .refine(
      (entries) => addressList(entries) !== undefined,
      'must be addresses or networks such as 198.51.100.0/24',
    ),
  login: z
    .strictObject({
      user: z.string().min(1),
      ...secret,
      algorithms: z
        .array(z.enum(digestAlgorithms))
        .min(1)
        .default([...digestAlgorithms]),
    })
    .optional(),
  language: languageSchema.optional(),
  codecs: z
    .array(z.enum(sipCodecs))
    .min(1)
    .default([...usualCodecs]),
  srtp: z.enum(['off', 'allowed', 'required']).default('allowed'),
  register: z
    .strictObject({
      server: servers,
      domain: z.string().min(1).optional(),
      user: z.string().min(1),
      ...secret,
      expiresSeconds: seconds(60, 86_400, 300),
    })
    .optional(),
  outbound: z
    .strictObject({
      server: servers,
      numbers: z.array(pattern).min(1),
      from: z
        .string()
        .regex(/^\+?\d{2,15}$/, 'must be a number such as +15551234567')
        .optional(),
      user: z.string().min(1).optional(),
      ...secret,
      maxCalls: seconds(1, 1000, 5),
      maxCallsPerHour: seconds(1, 10_000, 60),
      probeSeconds: seconds(0, 3600, 0).refine(
        (value) => value === 0 || value >= 10,
        'must be 0 (never) or at least 10',
      ),
    })
    .optional(),
  earlyMedia: z.boolean().default(false),
  transfer: z.enum(['blind', 'attended', 'bridged']).default('blind'),
  acceptRefer: z.boolean().default(false),
});

const fileSchema = z.strictObject({
  listen: z.strictObject({
    udp: place.optional(),
    tcp: place.optional(),
    tls: z
      .strictObject({
        host: address.default('0.0.0.0'),
        port: port.default(5061),
        certificate: z.string().min(1),
        key: z.string().min(1),
      })
      .optional(),
  }),
  publicAddress: address.optional(),
  rtp: z
    .strictObject({
      host: address.default('0.0.0.0'),
      ports: z.tuple([port, port]).default([10_000, 10_999]),
      publicAddress: address.optional(),
    })
    .prefault({}),
  mediaTimeoutSeconds: seconds(5, 3600, 30),
  nameServers: z
    .array(
      z.string().regex(/^(\d+\.){3}\d+(:\d+)?$|^\[[0-9a-f:]+\](:\d+)?$|^[0-9a-f:]+$/i, 'must be addresses'),
    )
    .optional(),
  authorities: z.string().min(1).optional(),
  trunks: z.array(trunkSchema).min(1),
});

type TrunkFile = z.infer<typeof fileSchema>;
type TrunkEntry = TrunkFile['trunks'][number];
interface Secret {
  readonly password?: string | undefined;
  readonly passwordFile?: string | undefined;
}

/**
 * Reads the trunks file; files it names lie relative to it.
 * @throws KefuError `config_invalid` naming every mistake with its place. Passwords are in no message.
 */
export async function readTrunks(file: string): Promise<TrunkSettings> {
  const invalid = (problems: readonly string[]): KefuError =>
    new KefuError('config_invalid', `The trunks file ${file} is wrong:\n  ${problems.join('\n  ')}`);
  const directory = dirname(resolve(file));
  const read = async (name: string): Promise<string> => {
    try {
      return await readFile(resolve(directory, name), 'utf8');
    } catch (error) {
      throw invalid([`${name} cannot be read: ${toKefuError(error).message}`]);
    }
  };
  const source = new TrunkSource(await read(file));
  const parsed =
    source.problems.length > 0 ? undefined : source.check(fileSchema, withPresets(source.content));
  if (parsed) reportMisfits(source, parsed);
  if (!parsed || source.problems.length > 0) throw invalid(source.problems);
  const { listen, trunks, rtp, authorities } = parsed;
  const secretOf = async ({ password, passwordFile }: Secret): Promise<string> =>
    password ?? (passwordFile === undefined ? '' : (await read(passwordFile)).trim());

  const listeners: SipListener[] = [];
  if (listen.udp) listeners.push({ transport: 'udp', ...listen.udp });
  if (listen.tcp) listeners.push({ transport: 'tcp', ...listen.tcp });
  if (listen.tls) {
    const { host, port: tlsPort, certificate, key } = listen.tls;
    const tls = { certificate: await read(certificate), key: await read(key) };
    listeners.push({ transport: 'tls', host, port: tlsPort, tls });
  }
  return {
    listeners,
    publicAddress: parsed.publicAddress,
    rtpHost: rtp.host,
    rtpPorts: rtp.ports,
    soundAddress: rtp.publicAddress,
    mediaTimeoutMs: parsed.mediaTimeoutSeconds * 1000,
    nameServers: parsed.nameServers,
    authorities: authorities === undefined ? undefined : await read(authorities),
    trunks: await Promise.all(trunks.map((entry) => trunkOf(entry, secretOf))),
  };
}

async function trunkOf(entry: TrunkEntry, secretOf: (secret: Secret) => Promise<string>): Promise<Trunk> {
  const { name, login, language, codecs, srtp, register, outbound } = entry;
  const { earlyMedia, transfer, acceptRefer } = entry;
  const list = addressList(entry.addresses);
  const known = register ?? (outbound?.user === undefined ? undefined : { ...outbound, user: outbound.user });
  const password = outbound && known ? await secretOf(outbound.user === undefined ? known : outbound) : '';
  return {
    ...{ name, language, codecs, srtp, earlyMedia, transfer, acceptRefer },
    admits: (host) => list?.has(host) ?? false,
    login: login && {
      user: login.user,
      password: await secretOf(login),
      algorithms: login.algorithms,
    },
    register: register && {
      ...serversOf(register.server),
      domain: register.domain ?? register.server[0]?.host ?? '',
      user: register.user,
      password: await secretOf(register),
      expiresSeconds: register.expiresSeconds,
    },
    outbound: outbound && {
      ...serversOf(outbound.server),
      numbers: outbound.numbers,
      from: outbound.from,
      credentials: known && { user: known.user, password },
      maxCalls: outbound.maxCalls,
      maxCallsPerHour: outbound.maxCallsPerHour,
      probeMs: outbound.probeSeconds === 0 ? undefined : outbound.probeSeconds * 1000,
    },
  };
}

/** The first server and those behind it; the schema wants one at least. */
function serversOf([server, ...backups]: readonly SipUri[]): { server: SipUri; backups: readonly SipUri[] } {
  if (!server) throw new KefuError('internal', 'A trunk without a server has passed the check.');
  return { server, backups };
}

/** The content of the file with what presets add; how it is shaped is checked afterwards. */
function withPresets(content: unknown): unknown {
  if (typeof content !== 'object' || content === null || !('trunks' in content)) return content;
  return Array.isArray(content.trunks) ? { ...content, trunks: content.trunks.map(withPreset) } : content;
}

/** Notes what the schema cannot see: entries that do not fit together. */
function reportMisfits(source: TrunkSource, { listen, trunks, rtp }: TrunkFile): void {
  if (!listen.udp && !listen.tcp && !listen.tls)
    source.report(['listen'], 'name at least one of udp, tcp and tls');
  if (rtp.ports[1] - rtp.ports[0] < 1)
    source.report(['rtp', 'ports'], 'must be [first, last] with room for two ports');
  for (const [index, { name, addresses, login, register, outbound, ...more }] of trunks.entries()) {
    const at = ['trunks', index] as const;
    const earlier = trunks.slice(0, index);
    if (earlier.some((other) => other.name === name)) source.report([...at, 'name'], 'two have this name');
    if (login && earlier.some((other) => other.login?.user === login.user))
      source.report([...at, 'login'], 'two have the same user to log in with');
    if ((more.acceptRefer || more.transfer === 'attended') && !outbound)
      source.report(at, 'acceptRefer and transfer: attended need outbound, since they make Kefu call');
    if (more.transfer === 'bridged' && !trunks.some((trunk) => trunk.outbound))
      source.report(at, 'transfer: bridged needs a trunk with outbound, since it makes Kefu call');
    if (addresses.length === 0 && !login && !outbound && !register)
      source.report(at, 'needs addresses or a login for calls in, or outbound for calls out');
    for (const [part, value] of Object.entries({ login, register, outbound })) {
      if (!value) continue;
      const given = [value.password, value.passwordFile].filter((text) => text !== undefined).length;
      if (given > 1) source.report([...at, part], 'give password or passwordFile, not both');
      if (given === 0 && value.user !== undefined)
        source.report([...at, part], 'the user needs a password or passwordFile');
    }
  }
}
