import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callRecord, eventually, listCalls, spawnKefu, type KefuProcess } from '../support/running-kefu.ts';
import { sipp } from '../support/sip/gateway.ts';
import { freeSipPort, hosts, startKamailio, type Kamailio } from '../support/sip/kamailio.ts';

/** What comes twice because the machine is slow is no failure. */
const fromTrunk = ['-i', hosts.trunk, '-default_behaviors', 'all,-abortunexp'] as const;

/** A whole Kefu, and how Kamailio reaches it. */
interface Node {
  readonly uri: string;
  readonly kefu: KefuProcess;
}

describe('two Kefu nodes behind Kamailio', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kefu-nodes-'));
  const nodes: Node[] = [];
  let kamailio: Kamailio;

  async function startNode(host: string): Promise<Node> {
    const port = await freeSipPort(host);
    const trunksFile = join(directory, `${host}.yaml`);
    writeFileSync(
      trunksFile,
      [
        `listen: { udp: { host: ${host}, port: ${port} } }`,
        `rtp: { host: ${host} }`,
        `trunks: [{ name: kamailio, addresses: [${hosts.kamailio}] }]`,
      ].join('\n'),
    );
    const kefu = await spawnKefu({
      KEFU_TRUNKS_FILE: trunksFile,
      KEFU_DRAIN_SECONDS: '120',
      KEFU_RECOGNIZER_THREADS: '1',
    });
    return { uri: `sip:${host}:${port}`, kefu };
  }
  beforeAll(async () => {
    // One after the other: both read the same models.
    for (const host of ['127.0.0.11', '127.0.0.12']) nodes.push(await startNode(host));
  }, 600_000);
  beforeEach(async () => {
    // A node that is busy starting or rendering is not dead: silence takes longer here than in production.
    kamailio = await startKamailio({ nodes: nodes.map(({ uri }) => uri), silentMs: 5_000 });
  });
  afterEach(() => kamailio.close());
  afterAll(async () => {
    await Promise.all(nodes.map(({ kefu }) => kefu.close()));
    rmSync(directory, { recursive: true, force: true });
  });

  const call = (calls: number, seconds: number) =>
    sipp('proxied-call', kamailio.address, [
      ...fromTrunk,
      ...['-m', String(calls), '-l', String(calls), '-d', String(seconds * 1000), '-timeout', '120s'],
    ]);
  const callsOf = async ({ kefu }: Node): Promise<number> => (await listCalls(kefu)).length;
  const nodeAt = (index: number): Node => {
    const node = nodes[index];
    if (!node) throw new Error(`There is no node ${index}.`);
    return node;
  };
  /** The node that has a call more than before, and the other one. */
  async function withNewCall(before: readonly number[]): Promise<[Node, Node]> {
    const index = await eventually(async () => {
      const now = await Promise.all(nodes.map(callsOf));
      const more = now.findIndex((count, at) => count > (before[at] ?? 0));
      return more < 0 ? undefined : more;
    }, 'a node to take the call');
    return [nodeAt(index), nodeAt(1 - index)];
  }
  const inState = (node: Node, state: string) =>
    eventually(
      async () => ((await kamailio.stateOf(node.uri)) === state ? true : undefined),
      `${node.uri} to be in state ${state}\n${kamailio.output}`,
    );

  it('share the calls', async () => {
    const before = await Promise.all(nodes.map(callsOf));
    await call(2, 1);
    const after = await Promise.all(nodes.map(callsOf));
    expect(
      after.map((count, at) => count - (before[at] ?? 0)),
      kamailio.output,
    ).toEqual([1, 1]);
  });

  it('lose no call when one is told to end: it takes no more, and the one that goes on is held and ended as ever', async () => {
    const before = await Promise.all(nodes.map(callsOf));
    const goesOn = call(1, 20);
    const [draining, other] = await withNewCall(before);
    const stopped = draining.kefu.stop();
    await eventually(async () => {
      const answer = await fetch(`${draining.kefu.url}/readyz`);
      return answer.status === 503 ? true : undefined;
    }, 'the node to drain');
    const [atDraining, atOther] = [await callsOf(draining), await callsOf(other)];
    await call(2, 1);
    expect(await callsOf(draining)).toBe(atDraining);
    expect(await callsOf(other)).toBe(atOther + 2);
    await inState(draining, 'I');
    await goesOn;
    expect(await stopped).toBe(0);
    await draining.kefu.restart();
    for (const { callId } of await listCalls(draining.kefu)) {
      const { events } = await callRecord(draining.kefu, callId);
      expect(events.at(-1)?.body).toMatchObject({ type: 'call-ended', reason: 'caller-hung-up' });
    }
    await inState(draining, 'A');
  });

  it('lose no call that comes when one has died', async () => {
    const [dead, other] = [nodeAt(0), nodeAt(1)];
    const before = await callsOf(other);
    await dead.kefu.kill();
    // The check may not have failed yet: then a call is tried again at the other node.
    await call(2, 1);
    expect(await callsOf(other)).toBe(before + 2);
    await inState(dead, 'I');
    const told = kamailio.output.length;
    await call(2, 1);
    expect(await callsOf(other)).toBe(before + 4);
    expect(kamailio.output.slice(told)).not.toMatch(/has not taken it/);
    await dead.kefu.restart();
    await inState(dead, 'A');
  });

  it('take over a call from a node that is killed before it has answered', async () => {
    const [held, other] = [nodeAt(0), nodeAt(1)];
    const before = await callsOf(other);
    // It stands still, so that the call that is its turn is unanswered when it dies.
    process.kill(held.kefu.pid, 'SIGSTOP');
    const taken = call(2, 1);
    await eventually(
      async () => ((await callsOf(other)) > before ? true : undefined),
      'the call of the other',
    );
    await held.kefu.kill();
    await taken;
    expect(await callsOf(other)).toBe(before + 2);
    expect(kamailio.output).toMatch(/has not taken it/);
  });
});
