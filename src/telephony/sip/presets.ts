import { suggestion } from '../../core/suggestion.ts';

/** What a trunk of one kind usually looks like. Whatever the file says counts for more. */
export interface TrunkPreset {
  readonly title: string;
  /** What has to be added to it in the file, or checked. */
  readonly asks: string;
  /** Settings of a trunk as they stand in the file. Those of `register` and `outbound` count only where the file has that part. */
  readonly trunk: Readonly<Record<string, unknown>> & {
    readonly register?: Readonly<Record<string, unknown>>;
    readonly outbound?: Readonly<Record<string, unknown>>;
  };
}

/**
 * Twilio's networks for signalling, of all regions: "IP Addresses for Elastic SIP Trunking Services",
 * twilio.com/docs/sip-trunking/ip-addresses (2026-03-09): calls come from any of them.
 */
const twilioNetworks = [
  ...['54.172.60.0/30', '54.244.51.0/30', '177.71.206.192/30', '54.171.127.192/30'],
  ...['35.156.191.128/30', '54.65.63.192/30', '54.169.127.128/30', '54.252.254.64/30'],
];
/**
 * Telnyx's addresses for signalling, first and second of the regions US, Europe, Canada and Australia: "Failover and retries",
 * developers.telnyx.com/docs/voice/sip-trunking/routing/failover-and-retries.
 */
const telnyxAddresses = [
  ...['192.76.120.10', '64.16.250.10', '5.172.39.10', '5.172.39.25'],
  ...['193.108.220.10', '193.108.220.25', '103.135.104.10', '103.135.104.25'],
];
const american = ['PCMU', 'PCMA'];
const european = ['PCMA', 'PCMU'];

/**
 * Kinds of trunks by the name that `preset` has in the trunks file. Addresses are here only where the carrier publishes those of its
 * signalling; otherwise `addresses` is for whoever has the contract to fill in.
 */
export const trunkPresets: Readonly<Record<string, TrunkPreset>> = {
  twilio: {
    title: 'Twilio Elastic SIP Trunking',
    asks: 'outbound.server: sip:NAME.pstn.twilio.com;transport=tls, with user and password of a credential list. Origination URI there: sip:YOUR_ADDRESS',
    trunk: { addresses: twilioNetworks, codecs: american, srtp: 'allowed' },
  },
  telnyx: {
    title: 'Telnyx SIP trunking',
    asks: 'register or outbound: user and password of the SIP connection; in Europe server: sip:sip-eu.telnyx.com',
    trunk: {
      ...{ addresses: telnyxAddresses, codecs: american, srtp: 'allowed' },
      register: { server: 'sip:sip.telnyx.com;transport=tcp', expiresSeconds: 300 },
      outbound: { server: 'sip:sip.telnyx.com;transport=tcp' },
    },
  },
  plivo: {
    title: 'Plivo SIP trunking (Zentrunk)',
    asks: 'addresses: those that the console shows; outbound.server: sip:ID.zt.plivo.com, with user and password. It does not take REGISTER',
    trunk: { codecs: american, srtp: 'allowed' },
  },
  vonage: {
    title: 'Vonage SIP trunking',
    asks: 'addresses: those that the dashboard shows; outbound.server: sip:NAME.sip-us.vonage.com, with user and password',
    trunk: { codecs: american, srtp: 'allowed' },
  },
  asterisk: {
    title: 'Asterisk (PJSIP)',
    asks: 'addresses: that of Asterisk; outbound.server: sip:ITS_ADDRESS',
    trunk: { codecs: european, srtp: 'allowed' },
  },
  freeswitch: {
    title: 'FreeSWITCH (Sofia)',
    asks: 'addresses: that of FreeSWITCH; outbound.server: sip:ITS_ADDRESS:5080 for the external profile, :5060 for the internal one',
    trunk: { codecs: european, srtp: 'allowed' },
  },
  kamailio: {
    title: 'Kamailio or OpenSIPS in front of several nodes',
    asks: 'addresses: that of the proxy; outbound.server: sip:ITS_ADDRESS',
    trunk: { codecs: european, srtp: 'allowed' },
  },
  '3cx': {
    title: '3CX (Kefu as an extension that registers)',
    asks: 'register: server sip:PBX.3cx.example, user: its authentication id, password',
    trunk: { codecs: european, srtp: 'allowed', register: { expiresSeconds: 120 } },
  },
  fritzbox: {
    title: 'FRITZ!Box (Kefu as an IP telephone)',
    asks: 'register.user and register.password of a telephone that was set up in the box; server when the box is not at fritz.box',
    trunk: {
      ...{ codecs: european, srtp: 'off' },
      register: { server: 'sip:fritz.box', expiresSeconds: 300 },
      outbound: { server: 'sip:fritz.box', maxCalls: 2 },
    },
  },
  'registering-carrier': {
    title: 'Any carrier that gives user, password and a registrar',
    asks: 'register: server, user, password; outbound.server: usually the same',
    trunk: { codecs: european, srtp: 'allowed', register: { expiresSeconds: 300 } },
  },
};

/**
 * The entry of a trunk as it stands in the file, with what its preset adds; other things as they are.
 */
export function withPreset(entry: unknown): unknown {
  if (!isRecord(entry) || typeof entry.preset !== 'string' || !Object.hasOwn(trunkPresets, entry.preset))
    return entry;
  const { register, outbound, ...plain } = trunkPresets[entry.preset]?.trunk ?? {};
  return {
    ...plain,
    ...entry,
    ...(isRecord(entry.register) && { register: { ...register, ...entry.register } }),
    ...(isRecord(entry.outbound) && { outbound: { ...outbound, ...entry.outbound } }),
  };
}

/** What is wrong with the name of a preset, or undefined. */
export function presetProblem(name: string): string | undefined {
  return Object.hasOwn(trunkPresets, name)
    ? undefined
    : `there is no preset "${name}"${suggestion(name, Object.keys(trunkPresets))}; \`npm run trunk -- presets\` lists them`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
