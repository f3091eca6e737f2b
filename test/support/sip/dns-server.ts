import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { decode, encode, type Answer, type StringRecordType } from 'dns-packet';

/** A real name server on this machine that knows only what it is told. */
export interface DnsServer {
  /** As `nameServers` of the trunks file wants it. */
  readonly address: string;
  /** Questions it was asked, such as `SRV _sip._udp.carrier.test`. */
  readonly asked: readonly string[];
  close(): void;
}

/** An SRV record. */
export function srv(name: string, target: string, port: number, priority = 0, weight = 0): Answer {
  return { type: 'SRV', name, ttl: 0, data: { target, port, priority, weight } };
}

export function naptr(name: string, order: number, service: string, replacement: string): Answer {
  const data = { order, preference: 0, flags: 's', services: service, regexp: '', replacement };
  return { type: 'NAPTR', name, ttl: 0, data };
}

export function address(name: string, ip: string): Answer {
  return { type: ip.includes(':') ? 'AAAA' : 'A', name, ttl: 0, data: ip };
}

/** Starts a name server with these records; other names do not exist (NXDOMAIN). */
export async function startDnsServer(records: readonly Answer[]): Promise<DnsServer> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (bytes, from) => {
    const query = decode(bytes);
    const [question] = query.questions ?? [];
    if (!question) return;
    asked.push(`${question.type} ${question.name}`);
    const named = records.filter(({ name }) => name === question.name.toLowerCase());
    const answers = named.filter(({ type }) => type === (question.type as StringRecordType));
    const missing = named.length === 0 ? 3 : 0;
    const { id } = query;
    const reply = encode({
      type: 'response',
      ...(id !== undefined && { id }),
      // Authoritative, with the code of an error in the lowest bits.
      flags: 0x0400 | missing,
      questions: [question],
      answers,
    });
    socket.send(reply, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    close: () => socket.close(),
  };
}
