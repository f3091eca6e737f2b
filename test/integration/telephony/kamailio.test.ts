import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { IncomingCall } from '../../../src/core/telephony.ts';
import { parseUri } from '../../../src/telephony/sip/grammar.ts';
import type { Trunk, TrunkSettings } from '../../../src/telephony/sip/trunks.ts';
import { answerVoice } from '../../support/gateway-server.ts';
import { selfSignedCertificate } from '../../support/sip/certificate.ts';
import { localTrunk, sipp, startSipGateway, type RunningGateway } from '../../support/sip/gateway.ts';
import {
  freeSipPort,
  hosts,
  startKamailio,
  type Kamailio,
  type KamailioOptions,
} from '../../support/sip/kamailio.ts';
import { requestText } from '../../support/sip/messages.ts';

/** What comes twice because the machine is slow is no failure. */
const fromTrunk = ['-i', hosts.trunk, '-default_behaviors', 'all,-abortunexp'] as const;
/** On a machine this slow nobody counts as silent by mistake; where silence is what is tested, it takes less. */
const [patientMs, silentMs] = [15_000, 5_000] as const;
const nodeHosts = ['127.0.0.11', '127.0.0.12'] as const;

/** A SIP gateway as a node of Kefu has one, without what is behind it. */
interface Node {
  readonly uri: string;
  readonly running: RunningGateway;
  taken: number;
}

describe('Kamailio in front of two nodes', () => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  /** `take` decides about each call; by default it is answered. */
  async function startNodes(
    take: (call: IncomingCall, node: Node) => void = (call, node) => {
      node.taken += 1;
      answerVoice(call);
    },
    more: Partial<Trunk> = {},
    settings: Partial<TrunkSettings> = {},
  ): Promise<Node[]> {
    return Promise.all(
      nodeHosts.map(async (host) => {
        const trunk: Trunk = { ...localTrunk, admits: (address) => address === hosts.kamailio, ...more };
        const running = await startSipGateway({
          listeners: [{ transport: 'udp', host, port: 0 }],
          rtpHost: host,
          ...settings,
          trunks: [trunk],
        });
        closers.push(() => running.gateway.close());
        const node: Node = { uri: `sip:${host}:${running.udp}`, running, taken: 0 };
        running.gateway.start((call) => take(call, node));
        return node;
      }),
    );
  }
  async function kamailioFor(
    nodes: readonly Pick<Node, 'uri'>[],
    more: Partial<KamailioOptions> = {},
  ): Promise<Kamailio> {
    const kamailio = await startKamailio({
      nodes: nodes.map(({ uri }) => uri),
      silentMs: patientMs,
      ...more,
    });
    closers.push(() => kamailio.close());
    return kamailio;
  }
  const inState = (kamailio: Kamailio, node: Node | undefined, state: string) =>
    expect.poll(() => kamailio.stateOf(node?.uri ?? ''), { timeout: 60_000 }).toBe(state);

  for (const transport of ['udp', 'tcp'] as const) {
    it(`gives calls that come over ${transport} to the nodes in turn, and leads what follows the same way`, async () => {
      const nodes = await startNodes();
      const kamailio = await kamailioFor(nodes);
      const calls = ['-m', '4', '-l', '4', '-d', '300', ...(transport === 'tcp' ? ['-t', 't1'] : [])];
      await sipp('proxied-call', kamailio.address, [...fromTrunk, ...calls]);
      expect(
        nodes.map(({ taken }) => taken),
        kamailio.output,
      ).toEqual([2, 2]);
    });
  }

  it('leads calls behind a NAT: trunks are told the outer address, nodes keep to the inner one', async () => {
    const nodes = await startNodes();
    const kamailio = await kamailioFor(nodes, { advertised: '203.0.113.4:5060' });
    await sipp('proxied-call', kamailio.address, [...fromTrunk, '-m', '2', '-d', '100']);
    expect(
      nodes.map(({ taken }) => taken),
      kamailio.output,
    ).toEqual([1, 1]);
  });

  it('takes calls over TLS, whose sound goes past it to the address that the node names', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'kefu-kamailio-tls-'));
    closers.push(() => rm(directory, { recursive: true, force: true }));
    const { certificate, ...tls } = await selfSignedCertificate(directory, hosts.kamailio);
    const nodes = await startNodes(undefined, {}, { soundAddress: '203.0.113.9' });
    const kamailio = await kamailioFor(nodes, { tls });
    const socket = connect({
      ...{ host: kamailio.host, port: kamailio.tlsPort, localAddress: hosts.trunk, ca: certificate },
    });
    await once(socket, 'secureConnect');
    let answer = '';
    socket.on('data', (chunk) => (answer += String(chunk)));
    const sound = `c=IN IP4 ${hosts.trunk}`;
    socket.write(
      requestText({
        uri: `sip:shop@${kamailio.host};transport=tls`,
        headers: ['Max-Forwards: 70', 'Content-Type: application/sdp'],
        body: ['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', sound, 't=0 0', 'm=audio 40000 RTP/AVP 0', ''].join(
          '\r\n',
        ),
      }),
    );
    await expect
      .poll(() => answer, { timeout: 30_000 })
      .toMatch(/^SIP\/2\.0 200 [^]*^c=IN IP4 203\.0\.113\.9\r$/m);
    // Both ways of the call are recorded: TLS to the trunk, UDP to the node.
    expect(answer.match(/^Record-Route: .*$/gm)?.join()).toMatch(/transport=tls/);
    expect(nodes.map(({ taken }) => taken)).toContain(1);
    socket.destroy();
  });

  it('gives a call that a node refuses or is too full for to the other, and the caller notices nothing', async () => {
    let full: Node | undefined;
    const nodes = await startNodes((call, node) => {
      if (node === full) {
        call.reject('overloaded');
        return;
      }
      node.taken += 1;
      answerVoice(call);
    });
    [full] = nodes;
    const kamailio = await kamailioFor(nodes);
    await sipp('proxied-call', kamailio.address, [...fromTrunk, '-m', '3', '-d', '100']);
    expect(
      nodes.map(({ taken }) => taken),
      kamailio.output,
    ).toEqual([0, 3]);
    // To be full is no failure: the node gets the next call again.
    full = undefined;
    expect(await kamailio.stateOf(nodes[0]?.uri ?? '')).toBe('A');
  });

  it('tells the trunk when it may try again when every node is full', async () => {
    const nodes = await startNodes((call) => call.reject('overloaded'));
    const kamailio = await kamailioFor(nodes);
    await sipp('refused', kamailio.address, fromTrunk);
    expect(kamailio.output).toMatch(/has not taken it \(503\)/);
  });

  it('gives no call to a node that drains, from the first one on, and takes its check as the end of it', async () => {
    const nodes = await startNodes();
    const kamailio = await kamailioFor(nodes);
    nodes[0]?.running.gateway.drain();
    await sipp('proxied-call', kamailio.address, [...fromTrunk, '-m', '2', '-d', '100']);
    await inState(kamailio, nodes[0], 'I');
    await sipp('proxied-call', kamailio.address, [...fromTrunk, '-m', '2', '-d', '100']);
    expect(
      nodes.map(({ taken }) => taken),
      kamailio.output,
    ).toEqual([0, 4]);
  });

  it('tries a call again whose node is silent, and lets the node wait until it answers a check', async () => {
    const nodes = await startNodes();
    const kamailio = await kamailioFor(nodes, { silentMs });
    await nodes[0]?.running.gateway.close();
    // At least one of two would be the turn of the silent node.
    await sipp('proxied-call', kamailio.address, [...fromTrunk, '-m', '2', '-d', '100']);
    await inState(kamailio, nodes[0], 'I');
    const before = kamailio.output.length;
    await sipp('proxied-call', kamailio.address, [...fromTrunk, '-m', '2', '-d', '100']);
    expect(kamailio.output.slice(before)).not.toMatch(/has not taken it/);
    expect(
      nodes.map(({ taken }) => taken),
      kamailio.output,
    ).toEqual([0, 4]);
  });

  it('takes a call away from a node that rings on and on, as one that has died meanwhile does', async () => {
    const nodes = await startNodes();
    const [host] = nodeHosts;
    const port = await freeSipPort(host);
    const dead = sipp('callee-rings', hosts.kamailio, ['-i', host, '-p', String(port)]);
    // sipp would take a check for a call that makes no sense.
    const kamailio = await kamailioFor([{ uri: `sip:${host}:${port}` }, ...nodes.slice(1)], {
      checkSeconds: 3600,
    });
    await sipp('proxied-call', kamailio.address, [...fromTrunk, '-m', '2', '-r', '2', '-d', '100']);
    await dead;
    expect(
      nodes.map(({ taken }) => taken),
      kamailio.output,
    ).toEqual([0, 2]);
  });

  it('answers the trunk when no node is there any more', async () => {
    const nodes = await startNodes();
    const kamailio = await kamailioFor(nodes, { silentMs });
    await Promise.all(nodes.map(({ running }) => running.gateway.close()));
    await sipp('refused', kamailio.address, fromTrunk);
    await inState(kamailio, nodes[0], 'I');
    await inState(kamailio, nodes[1], 'I');
    await sipp('options-draining', kamailio.address, fromTrunk);
    await sipp('refused', kamailio.address, fromTrunk);
  });

  it('leaves a node out that an engineer has disabled, until it is enabled again', async () => {
    const nodes = await startNodes();
    const kamailio = await kamailioFor(nodes);
    const uri = nodes[1]?.uri ?? '';
    await kamailio.control('dispatcher.set_state', 'd', '1', uri);
    await sipp('proxied-call', kamailio.address, [...fromTrunk, '-m', '2', '-d', '100']);
    // A check that is answered must not enable it.
    await delay(2_500);
    expect(await kamailio.stateOf(uri)).toBe('D');
    expect(
      nodes.map(({ taken }) => taken),
      kamailio.output,
    ).toEqual([2, 0]);
    await kamailio.control('dispatcher.set_state', 'ap', '1', uri);
    await sipp('proxied-call', kamailio.address, [...fromTrunk, '-m', '2', '-d', '100']);
    expect(
      nodes.map(({ taken }) => taken),
      kamailio.output,
    ).toEqual([3, 1]);
  });

  it('takes a call back that its caller gives up while it rings', async () => {
    const ended: unknown[] = [];
    const nodes = await startNodes((call) => {
      // Answered once the caller has gone.
      setTimeout(() => {
        void answerVoice(call).events.done.then((seen) => ended.push(seen.at(-1)));
      }, 1_500);
    });
    const kamailio = await kamailioFor(nodes);
    await sipp('cancel', kamailio.address, fromTrunk);
    await expect.poll(() => ended, { timeout: 10_000 }).toMatchObject([{ reason: 'caller-hung-up' }]);
    expect(kamailio.output).not.toMatch(/has not taken it/);
  });

  it('gives no answer to strangers, and leads requests of trunks nowhere but to nodes', async () => {
    const nodes = await startNodes();
    const kamailio = await kamailioFor(nodes);
    const answerTo = async (from: string, routed: string): Promise<string | undefined> => {
      const socket = createSocket('udp4');
      socket.bind(0, from);
      await once(socket, 'listening');
      const text = [
        `BYE ${routed} SIP/2.0`,
        `Via: SIP/2.0/UDP ${from}:${socket.address().port};branch=z9hG4bK-${String(Math.random()).slice(2)};rport`,
        `Route: <sip:${kamailio.address};lr>`,
        ...['Max-Forwards: 70', `From: <sip:a@${from}>;tag=1`, `To: <sip:b@${kamailio.host}>;tag=2`],
        ...[`Call-ID: ${String(Math.random())}`, 'CSeq: 2 BYE', 'Content-Length: 0', '', ''],
      ].join('\r\n');
      socket.send(text, kamailio.port, kamailio.host);
      const answer = await Promise.race([
        once(socket, 'message').then(([bytes]) => String(bytes).split('\r\n')[0]),
        delay(1_500, undefined),
      ]);
      socket.close();
      return answer;
    };
    expect(await answerTo(hosts.stranger, nodes[0]?.uri ?? '')).toBeUndefined();
    expect(await answerTo(hosts.trunk, 'sip:elsewhere@127.0.0.4:5060')).toBe('SIP/2.0 403 Forbidden');
    // The node knows no such call.
    expect(await answerTo(hosts.trunk, nodes[0]?.uri ?? '')).toMatch(/^SIP\/2\.0 481/);
  });

  it('leads calls of nodes to the first trunk that takes them', async () => {
    const [deaf, callee] = [await freeSipPort(hosts.trunk), await freeSipPort(hosts.trunk)];
    const port = await freeSipPort(hosts.kamailio);
    const server = parseUri(`sip:${hosts.kamailio}:${port}`);
    if (!server) throw new Error('no URI');
    const rules = { numbers: [/^\+49\d+$/], from: '+4930123', credentials: undefined };
    const nodes = await startNodes(undefined, {
      outbound: { server, ...rules, maxCalls: 2, maxCallsPerHour: 10 },
    });
    await kamailioFor(nodes, {
      trunks: [`sip:${hosts.trunk}:${deaf}`, `sip:${hosts.trunk}:${callee}`],
      ...{ port, checkSeconds: 3600 },
    });
    const peer = sipp('proxied-callee', `${hosts.kamailio}:${port}`, [...fromTrunk, '-p', String(callee)]);
    const media = await nodes[0]?.running.gateway.dialer.dial('+4930555', {
      signal: AbortSignal.timeout(60_000),
      ringMs: 30_000,
    });
    await media?.hangup();
    await peer;
  });
});
