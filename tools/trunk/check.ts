import { connect as connectTls, rootCertificates } from 'node:tls';
import { isIP } from 'node:net';
import { toKefuError } from '../../src/core/errors.ts';
import { isPrivateAddress } from '../../src/telephony/sip/addresses.ts';
import { answerChallenge, parseDigest } from '../../src/telephony/sip/digest.ts';
import { newCallId } from '../../src/telephony/sip/dialog.ts';
import type { SipFlow } from '../../src/telephony/sip/flow.ts';
import { hostText, parseAddress, parseVia, type SipUri } from '../../src/telephony/sip/grammar.ts';
import type { SipResponse } from '../../src/telephony/sip/message.ts';
import type { SipServer } from '../../src/telephony/sip/resolve.ts';
import type { Trunk, TrunkSettings } from '../../src/telephony/sip/trunks.ts';
import type { Probe } from './probe.ts';
import type { Verdict } from './verdict.ts';

type Report = (verdict: Verdict) => void;

const dayMs = 86_400_000;
const expirySoonDays = 14;
const handshakeLimitMs = 5_000;
const slowMs = 500;

/** Checks what can be checked without a call: names, ways, certificates, OPTIONS, REGISTER. True when a call is worth trying. */
export async function checkSignalling(
  probe: Probe,
  settings: TrunkSettings,
  trunk: Trunk,
  report: Report,
): Promise<boolean> {
  const uris = serversOf(trunk);
  if (uris.length === 0) {
    report({
      ...{
        step: 'servers',
        result: 'skipped',
        told: 'the trunk has neither `register` nor `outbound`: calls only come in',
      },
    });
    return false;
  }
  let reachable = false;
  for (const uri of uris) {
    const servers = await checkNames(probe, uri, report);
    for (const server of servers) {
      if (server.transport === 'tls') await checkCertificate(server, settings.authorities, report);
      if (await checkServer(probe, trunk, uri, server, report)) reachable = true;
    }
  }
  return reachable;
}

function serversOf(trunk: Trunk): SipUri[] {
  const { register, outbound } = trunk;
  const all = [register, outbound].flatMap((part) => (part ? [part.server, ...(part.backups ?? [])] : []));
  const key = ({ scheme, host, port, params }: SipUri): string =>
    [scheme, host, port, params.get('transport')].join(' ');
  return all.filter((uri, index) => all.findIndex((other) => key(other) === key(uri)) === index);
}

async function checkNames(probe: Probe, uri: SipUri, report: Report): Promise<readonly SipServer[]> {
  try {
    const { servers, findings } = await probe.resolver.locate(uri);
    const told = findings.map(({ kind, name, found }) => `${kind} ${name}: ${found.join(', ') || 'none'}`);
    report({ step: 'DNS', result: 'good', told: told.join('; ') || `${uri.host} is an address` });
    return servers;
  } catch (error) {
    report({
      ...{ step: 'DNS', result: 'bad', told: toKefuError(error).message },
      cause:
        'the name is misspelled, or the name servers do not know it: compare with what the carrier has written',
    });
    return [];
  }
}

/** Looks at the certificate of a TLS server. */
async function checkCertificate(
  { host, port, name }: SipServer,
  authorities: string | undefined,
  report: Report,
): Promise<void> {
  const step = 'TLS';
  await new Promise<void>((resolve) => {
    const socket = connectTls({
      ...{ host, port, minVersion: 'TLSv1.2', rejectUnauthorized: false },
      ...(isIP(name) === 0 && { servername: name }),
      ...(authorities !== undefined && { ca: [...rootCertificates, authorities] }),
    });
    const done = (verdict: Verdict): void => {
      socket.destroy();
      report(verdict);
      resolve();
    };
    socket.setTimeout(handshakeLimitMs, () =>
      done({
        step,
        result: 'bad',
        told: `no handshake within ${handshakeLimitMs / 1000} s`,
        cause: 'a firewall, or no TLS at this port',
      }),
    );
    socket.on('error', (error: Error) =>
      done({
        step,
        result: 'bad',
        told: error.message,
        cause: 'nobody listens there, or it speaks no TLS 1.2 or later',
      }),
    );
    socket.on('secureConnect', () => {
      const { valid_to: validTo, subject } = socket.getPeerCertificate();
      const daysLeft = Math.floor((Date.parse(validTo) - Date.now()) / dayMs);
      const who = `${String(subject.CN)}, valid until ${validTo}`;
      // What Node cannot verify it tells as a code, such as CERT_HAS_EXPIRED.
      const problem = socket.authorized ? undefined : String(socket.authorizationError);
      if (problem !== undefined)
        done({ step, result: 'bad', told: `${who}: ${problem}`, cause: certificateCause(problem, name) });
      else if (daysLeft < expirySoonDays)
        done({
          step,
          result: 'warning',
          told: `${who}: ${daysLeft} days left`,
          cause: 'whoever runs the server must renew it',
        });
      else done({ step, result: 'good', told: `${socket.getProtocol() ?? ''}, ${who}` });
    });
  });
}

function certificateCause(problem: string, name: string): string {
  if (problem.includes('EXPIRED'))
    return 'the certificate has expired: whoever runs the server must renew it';
  if (problem.includes('ALTNAME'))
    return `the certificate is not for ${name}: write the name that it has into the trunk`;
  return 'it was not signed by a known authority: name the authority in `authorities` of the trunks file';
}

/** Asks one server with OPTIONS and, for a trunk that registers, with REGISTER. True when it can be used. */
async function checkServer(
  probe: Probe,
  trunk: Trunk,
  uri: SipUri,
  server: SipServer,
  report: Report,
): Promise<boolean> {
  const place = `${server.transport} ${hostText(server.host)}:${server.port}`;
  let flow: SipFlow;
  try {
    flow = await probe.transports.flowTo(server.transport, server, server.name);
  } catch (error) {
    report({
      ...{ step: 'transport', result: 'bad', told: `${place}: ${toKefuError(error).message}` },
      cause: 'nobody listens at this port, a firewall is between, or (TLS) the certificate is refused',
    });
    return false;
  }
  if (server.transport !== 'udp') report({ step: 'transport', result: 'good', told: `${place} is open` });
  const answered = await probe.ask(flow, {
    ...{ method: 'OPTIONS', uri: `sip:${hostText(uri.host)}`, domain: uri.host },
    user: trunk.register?.user ?? trunk.outbound?.credentials?.user ?? 'kefu',
  });
  if (!answered) {
    report({
      ...{ step: 'OPTIONS', result: 'bad', told: `${place} does not answer` },
      cause:
        'a closed port, a firewall, or a server that ignores addresses it does not know: have yours allowed there',
    });
    return trunk.register ? checkRegistration(probe, trunk, flow, report) : false;
  }
  const { response, tookMs } = answered;
  const allow = response.headers.get('allow');
  const slow = tookMs > slowMs;
  report({
    ...{ step: 'OPTIONS', result: slow ? 'warning' : 'good' },
    told: `${place}: ${response.status} ${response.reason} after ${Math.round(tookMs)} ms${allow === undefined ? '' : `, allows ${allow}`}`,
    ...(slow && { cause: 'a long way, or a busy server: calls will begin late' }),
  });
  reportNat(response, flow, report);
  return trunk.register ? checkRegistration(probe, trunk, flow, report) : response.status !== 503;
}

/** Compares our address as we name it with the one the far side sees (RFC 3581). */
function reportNat(response: SipResponse, flow: SipFlow, report: Report): void {
  const via = parseVia(response.headers.list('via')[0] ?? '');
  const seen = via?.params.get('received') ?? via?.host ?? '';
  const port = via?.params.get('rport') ?? '';
  const same = seen === flow.local.host;
  report({
    ...{ step: 'NAT', result: same ? 'good' : 'warning' },
    told: same
      ? `the far side sees us at ${seen}, as we say`
      : `we say ${flow.local.host}, the far side sees ${seen}:${port}`,
    ...(!same && {
      cause: isPrivateAddress(flow.local.host)
        ? `we are behind a NAT: set publicAddress: ${seen} and forward the SIP and RTP ports`
        : 'publicAddress is not the address that packets come from',
    }),
  });
}

async function checkRegistration(
  probe: Probe,
  trunk: Trunk,
  flow: SipFlow,
  report: Report,
): Promise<boolean> {
  const { register } = trunk;
  if (!register) return true;
  const step = 'REGISTER';
  const uri = `sip:${hostText(register.domain)}`;
  const parts = {
    method: 'REGISTER',
    uri,
    user: register.user,
    domain: register.domain,
    callId: newCallId(),
  } as const;
  const first = await probe.ask(flow, parts);
  if (!first) {
    report({
      step,
      result: 'bad',
      told: 'no answer',
      cause: 'the server is no registrar, or ignores our address',
    });
    return false;
  }
  let { response } = first;
  let proved = 'without a password';
  if (response.status === 401 || response.status === 407) {
    const header = response.status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
    const challenges = response.headers.lines(header);
    const answer = answerChallenge(challenges, register, { method: 'REGISTER', uri });
    const realm =
      challenges.map((value) => parseDigest(value)?.get('realm')).find((text) => text !== undefined) ?? '';
    const algorithms = challenges.map((value) => parseDigest(value)?.get('algorithm') ?? 'MD5').join(', ');
    if (answer === undefined) {
      report({
        step,
        result: 'bad',
        told: `it wants a proof by ${algorithms}`,
        cause: 'Kefu knows SHA-256 and MD5',
      });
      return false;
    }
    proved = `realm ${realm}, ${algorithms}`;
    const name = response.status === 401 ? 'Authorization' : 'Proxy-Authorization';
    const second = await probe.ask(flow, { ...parts, cseq: 2, proof: [name, answer] });
    if (!second) {
      report({
        step,
        result: 'bad',
        told: 'no answer to the password',
        cause: 'a server that bans who was wrong before: wait, then try again',
      });
      return false;
    }
    ({ response } = second);
  }
  if (response.status >= 300) {
    report({
      step,
      result: 'bad',
      told: `${response.status} ${response.reason} (${proved})`,
      cause: refusalCause(response.status),
    });
    return false;
  }
  const contacts = response.headers.list('contact').flatMap((value) => parseAddress(value) ?? []);
  const bound = contacts.map(
    ({ uri: contact, params }) => `${contact} for ${params.get('expires') ?? '?'} s`,
  );
  report({
    step,
    result: 'good',
    told: `${response.status} (${proved}); registered there now: ${bound.join(', ') || 'nobody'}`,
  });
  return true;
}

function refusalCause(status: number): string {
  if (status === 401 || status === 403 || status === 407)
    return 'user or password is wrong, or the account is barred';
  if (status === 404) return 'the registrar does not know this user: look at `user` and `domain`';
  if (status === 503 || status === 500)
    return 'the server has trouble of its own: try later, or another server';
  return 'the registrar refuses for a reason of its own: ask whoever runs it';
}
